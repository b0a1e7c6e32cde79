import {
  CATCH_UPS,
  OVERLAPS,
  type ScheduleChanges,
  type ScheduleRequest,
  type ScheduleRunView,
  type ScheduleTick,
  type ScheduleView,
} from '@scutwork/ledger';
import { z } from 'zod';
import { jobOptions } from './job-request';
import { milliseconds } from './milliseconds';
import { isIsoTime, jobType, page, shortText } from './texts';

const MOST_PREVIEWED = 100;

const name = shortText(80).describe('Words of a-z, 0-9, "-" and "_", joined by dots');
export const scheduleParams = z.strictObject({ name: shortText(80) });

/** Years that both JavaScript and PostgreSQL write with four digits. */
const instant = z
  .string()
  .max(40)
  .refine((text) => isIsoTime(text) && /^\d{4}-/.test(text), { error: 'must be an ISO 8601 time with a zone' });

const { id: _id, expiresAt: _expiresAt, unique: _unique, ...ofJobs } = jobOptions.shape;
const options = z.strictObject(ofJobs).meta({ id: 'ScheduledJobOptions' });

const timing = {
  cron: shortText(200)
    .optional()
    .describe('5 fields, 6 with seconds first, or a name such as `daily`; or else `every`'),
  every: milliseconds(1_000).optional().describe('Milliseconds, or a text such as "15m"; at least a second'),
  timeZone: shortText(60).optional().describe('Whose clock `cron` follows; UTC by default'),
};

const rules = {
  limit: z.number().int().min(1).max(2_147_483_647).optional().describe('Runs in all'),
  overlap: z.enum(OVERLAPS).optional().describe('While a job of it is not finished; `allow` by default'),
  catchUp: z.enum(CATCH_UPS).optional().describe('For moments that were missed; `once` by default'),
  catchUpLimit: z.number().int().min(1).max(10_000).optional().describe('Most that `all` makes up for; 100 by default'),
  grace: milliseconds(1_000)
    .optional()
    .describe('How late a moment may be decided and not be missed; a minute by default'),
  enabled: z.boolean().optional(),
};

/** Body of `POST /api/v1/schedules`. */
export const scheduleRequest = z
  .strictObject({
    ...{ name, ...timing, type: jobType, payload: z.unknown(), options: options.optional() },
    start: instant.optional().describe('No run before it'),
    end: instant.optional().describe('No run at it or after'),
    ...rules,
  })
  .meta({ id: 'ScheduleRequest' }) satisfies z.ZodType<ScheduleRequest>;

/** Body of `PATCH /api/v1/schedules/{name}`. */
export const scheduleChanges = z
  .strictObject({
    ...{ ...timing, type: jobType.optional(), payload: z.unknown().optional(), options: options.optional() },
    start: instant.nullable().optional(),
    end: instant.nullable().optional(),
    ...{ ...rules, limit: rules.limit.unwrap().nullable().optional().describe('Runs in all; null takes it away') },
  })
  .meta({ id: 'ScheduleChanges' }) satisfies z.ZodType<ScheduleChanges>;

export const schedulesQuery = z.strictObject({
  ...page,
  type: jobType.optional(),
  late: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
});

const count = z.coerce.number().int().min(1).max(MOST_PREVIEWED).optional().describe('10 by default');
export const nextQuery = z.strictObject({ count });
export const previewBody = z.strictObject({ ...timing, count: z.number().int().min(1).max(MOST_PREVIEWED).optional() });
export const deleteScheduleQuery = z.strictObject({
  jobs: z.enum(['keep', 'cancel']).optional().describe('What becomes of its jobs that do not run; `keep` by default'),
});

const time = z.string().meta({ format: 'date-time' });

export const scheduleView = z
  .object({
    ...{ name: z.string(), type: z.string(), payload: z.unknown(), options: z.looseObject({}) },
    ...{ cron: z.string().optional(), every: z.number().optional(), timeZone: z.string().optional() },
    says: z.string().describe('The same as a sentence'),
    ...{ start: time.optional(), end: time.optional(), limit: z.number().optional() },
    ...{ overlap: z.enum(OVERLAPS), catchUp: z.enum(CATCH_UPS), catchUpLimit: z.number(), grace: z.number() },
    ...{ enabled: z.boolean(), source: z.enum(['code', 'api']), revision: z.number() },
    runCount: z.number(),
    missedCount: z.number().describe('Moments that nobody decided in time, and that got no job'),
    skippedCount: z.number().describe('Moments that came while a job of it was not finished'),
    failedCount: z.number().describe('Moments whose job could not be made'),
    ...{ lastRun: time.optional(), lastJobId: z.string().optional(), nextRun: time.optional() },
    lastTick: z
      .object({ at: time, by: z.string(), lateMs: z.number().optional() })
      .optional()
      .describe('When a moment of it was decided last, and who told it'),
    lastMissed: time.optional(),
    lateMs: z.number().optional().describe('Its next run is past by so long'),
    finished: z.boolean().describe('Its limit or its end is reached'),
    handled: z.boolean().describe('A worker that lives knows its type'),
    ...{ createdAt: time, createdBy: z.string(), updatedAt: time, updatedBy: z.string() },
  })
  .meta({ id: 'Schedule' });

/** Options and payload are described loosely; all else is checked to be the ledger's. */
type Described = Omit<z.infer<typeof scheduleView>, 'options' | 'payload'>;
type Same = Omit<ScheduleView, 'options' | 'payload'> extends Described ? true : never;
true satisfies Same;

export const scheduleRunView = z
  .object({
    scheduledFor: time,
    outcome: z.enum(['ran', 'caught_up', 'queued', 'skipped', 'missed', 'failed', 'triggered']),
    jobId: z.string().optional(),
    state: z.string().optional().describe('Of the job, as long as it is kept'),
    ...{ startedAt: time.optional(), finishedAt: time.optional(), ranMs: z.number().optional() },
    tickedBy: z.string(),
    lateMs: z.number().describe('How long after the moment it was decided'),
    reason: z.string().optional(),
  })
  .meta({ id: 'ScheduleRun' }) satisfies z.ZodType<ScheduleRunView>;

export const nextRuns = z.object({ runs: z.array(time) });
export const preview = z.object({ says: z.string(), runs: z.array(time) });

export const cronAnswer = z
  .object({
    ran: z.boolean().describe('Whether this call has made a job'),
    scheduledFor: time.optional().describe('The moment that was run last'),
    jobId: z.string().optional().describe('Its job'),
    nextRun: time.optional(),
  })
  .meta({ id: 'CronAnswer' }) satisfies z.ZodType<ScheduleTick>;
