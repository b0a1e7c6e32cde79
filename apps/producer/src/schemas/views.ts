import { JOB_STATES, PRIORITIES } from '@scutwork/jobs';
import type {
  BulkView,
  DeadGroup,
  JobCount,
  JobSummary,
  JobView,
  LogView,
  MetricsView,
  QueueView,
  SubmittedJob,
  WorkerView,
} from '@scutwork/ledger';
import { z } from 'zod';

const state = z.enum(JOB_STATES).meta({ id: 'JobState' });
const time = z.string().meta({ format: 'date-time' });
const count = z.number();

const failure = z
  .object({ name: z.string(), message: z.string(), code: z.string().optional(), stack: z.string().optional() })
  .meta({ id: 'Failure' });

export const submittedJob = z
  .object({
    id: z.string(),
    key: z.string().optional().describe('The id of your own that `id` was made from'),
    type: z.string(),
    queue: z.string(),
    state: state.optional().describe('None of a duplicate whose job was removed meanwhile'),
    duplicate: z.boolean().optional().describe('`id` is that of the job that stands'),
  })
  .meta({ id: 'SubmittedJob' }) satisfies z.ZodType<SubmittedJob>;

export const submittedBatch = z
  .object({
    ids: z.array(z.string()),
    duplicates: z.array(z.number()).describe('Places in `ids` of jobs that stood already'),
  })
  .meta({ id: 'SubmittedBatch' });

const summary = {
  id: z.string(),
  key: z.string().optional(),
  type: z.string(),
  queue: z.string(),
  state,
  priority: z.enum(PRIORITIES),
  attempt: count,
  maxAttempts: count.optional(),
  tags: z.array(z.string()),
  tenant: z.string().optional(),
  progress: z.unknown().optional(),
  deadReason: z.string().optional(),
  worker: z.string().optional(),
  schedule: z.string().optional(),
  scheduledFor: time
    .optional()
    .describe('When it is due: of a delayed or retrying job; else the moment of its schedule'),
  createdAt: time,
  startedAt: time.optional(),
  finishedAt: time.optional(),
  waitedMs: count.optional(),
  ranMs: count.optional(),
};

export const jobSummary = z
  .object({ ...summary, error: failure.omit({ stack: true }).optional() })
  .meta({ id: 'JobSummary' }) satisfies z.ZodType<JobSummary>;

export const attempt = z
  .looseObject({ startedAt: time, endedAt: time.optional(), ranMs: count.optional() })
  .meta({ id: 'Attempt' });

export const jobView = z
  .object({
    ...summary,
    payload: z.unknown().optional(),
    result: z.unknown().optional(),
    error: failure.optional(),
    stack: z.string().optional(),
    fingerprint: z.string().optional(),
    correlationId: z.string().optional(),
    group: z.string().optional(),
    flow: z.string().optional(),
    traceparent: z.string().optional(),
    version: count.optional(),
    generation: count,
    timeoutMs: count.optional(),
    expiresAt: time.optional(),
    cancelRequestedAt: time.optional(),
    attempts: z.array(attempt),
    note: z.string().optional(),
  })
  .meta({ id: 'Job' });

/** The attempts are described loosely; all else is checked to be the ledger's. */
type Described = Omit<z.infer<typeof jobView>, 'attempts'>;
type Same = Omit<JobView, 'attempts'> extends Described ? true : never;
true satisfies Same;

export const logLine = z
  .object({
    at: time,
    attempt: count,
    level: z.string(),
    message: z.string(),
    fields: z.unknown().optional(),
  })
  .meta({ id: 'LogLine' }) satisfies z.ZodType<LogView>;

export const queueView = z
  .object({
    name: z.string(),
    waiting: count,
    active: count,
    delayed: count,
    retrying: count,
    blocked: count,
    accepted: count,
    completed: count,
    dead: count,
    cancelled: count,
    expired: count,
    total: count,
    paused: z.boolean(),
    pausedTypes: z.array(z.string()),
    globalConcurrency: z
      .object({ most: count, shares: z.record(z.string(), count).describe('By worker; who is not named has none') })
      .optional()
      .describe('Jobs that run at a time in all workers together; none without a cap'),
    averageRunMs: count.optional(),
    lastProcessedAt: time.optional(),
    oldestWaitingMs: count.optional().describe('Age of the oldest waiting job'),
    workers: count,
    types: z.array(z.string()),
  })
  .meta({ id: 'Queue' }) satisfies z.ZodType<QueueView>;

const metricsPoint = z
  .object({
    at: time.describe('When the step begins'),
    ...{ accepted: count, started: count.describe('Runs that began'), failed: count.describe('Runs that failed') },
    ...{ completed: count, dead: count, cancelled: count, expired: count },
    averageRunMs: count.optional(),
    longestRunMs: count.optional(),
  })
  .meta({ id: 'MetricsPoint' });

export const metricsView = z
  .object({
    queue: z.string().optional(),
    from: time,
    to: time,
    stepMs: count,
    items: z.array(metricsPoint).describe('Oldest first; steps in which nothing happened are left out'),
  })
  .meta({ id: 'Metrics' }) satisfies z.ZodType<MetricsView>;

export const deadGroup = z
  .object({
    fingerprint: z.string(),
    type: z.string(),
    error: z.string(),
    count,
    first: time,
    last: time,
    sampleId: z.string(),
  })
  .meta({ id: 'DeadGroup' }) satisfies z.ZodType<DeadGroup>;

export const workerView = z
  .object({
    name: z.string(),
    queues: z.array(z.string()),
    types: z.array(z.string()),
    running: z.array(z.string()).describe('Ids of jobs'),
    held: count.describe('Jobs that it holds, running or not'),
    controlVersion: count.optional(),
    startedAt: time,
    seenAt: time,
    gone: z.boolean(),
  })
  .meta({ id: 'Worker' }) satisfies z.ZodType<WorkerView>;

export const bulkView = z
  .object({
    id: z.string(),
    action: z.enum(['cancel', 'retry', 'promote', 'reschedule', 'priority', 'remove', 'redrive', 'discard']),
    state: z.enum(['running', 'done', 'failed']),
    matched: count,
    done: count,
    failed: count,
    error: z.string().optional(),
    createdBy: z.string(),
    createdAt: time,
    finishedAt: time.optional(),
  })
  .meta({ id: 'BulkAction' }) satisfies z.ZodType<BulkView>;

export const controlVersion = z
  .object({ version: count.describe('Of control; workers report the one they have reached') })
  .meta({ id: 'ControlVersion' });

export const jobCount = z
  .object({ count, atLeast: z.boolean().describe('There are more: only so many were counted') })
  .meta({ id: 'JobCount' }) satisfies z.ZodType<JobCount>;

export const removedCount = z.object({ removed: count });

export const listOf = (items: z.ZodType) => z.object({ items: z.array(items) });

/** A page of a list. */
export const pageOf = (items: z.ZodType) =>
  z.object({ items: z.array(items), cursor: z.string().optional().describe('Of the next page; none on the last') });

/** What every route that begins an action on many jobs answers. */
export const bulkBegun = { status: 202, says: 'It goes on by itself, also after a restart', schema: bulkView } as const;
