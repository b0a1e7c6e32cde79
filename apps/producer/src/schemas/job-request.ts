import { type Backoff, PRIORITIES, type RetentionOptions } from '@scutwork/jobs';
import type { SubmitOptions } from '@scutwork/ledger';
import { z } from 'zod';
import { faultsOf } from '../routes/faults';
import { BATCH_LIMIT } from './limits';
import { isIsoTime, jobType, shortText } from './texts';

const duration = z.union([z.number(), shortText(100)], {
  error: 'must be milliseconds, or a text such as "90s"',
});

/** JSON has no dates: an ISO 8601 text with a zone stands for one. */
const delay = duration
  .transform((value) => (typeof value === 'string' && isIsoTime(value) ? new Date(value) : value))
  .describe('Milliseconds, a text such as "90s", or an ISO 8601 time with a zone');

const jitter = z.number().optional();

const backoffObject = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('fixed'), delay: duration, jitter }),
  z.strictObject({
    type: z.literal('exponential'),
    delay: duration.optional(),
    multiplier: z.number().optional(),
    maxDelay: duration.optional(),
    jitter,
  }),
  z.strictObject({ type: z.literal('custom'), name: shortText(100), maxDelay: duration.optional(), jitter }),
]);

/** Not a plain union: its errors would say that no form fits, and not which member is wrong. */
const backoff = z
  .unknown()
  .meta({ anyOf: [inJsonSchema(duration), inJsonSchema(backoffObject)] })
  .transform((value, context): Backoff => {
    const read = (typeof value === 'object' ? backoffObject : duration).safeParse(value);
    if (read.success) return read.data;
    for (const { path, message } of read.error.issues.flatMap(faultsOf))
      context.addIssue({ code: 'custom', path, message });
    return z.NEVER;
  });

function inJsonSchema(schema: z.ZodType): unknown {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io: 'input' });
  return described;
}

const unique = z.discriminatedUnion('mode', [
  z.strictObject({ key: shortText(200), mode: z.literal('pending').optional() }),
  z.strictObject({ key: shortText(200), mode: z.literal('throttle'), window: duration }),
  z.strictObject({ key: shortText(200), mode: z.literal('debounce') }),
]);

const kept = z
  .unknown()
  .meta({
    anyOf: [
      { type: ['number', 'string'] },
      { type: 'object', properties: { age: { type: ['number', 'string'] }, last: { type: 'integer' } } },
    ],
  })
  .transform((value) => value as RetentionOptions['completed'])
  .optional();

const retention = z
  .strictObject({ completed: kept, failed: kept.describe('Dead, cancelled or expired') })
  .describe('How long it is kept for each way to end: an age, or `{"age", "last"}`: the last so many of its type');

const priority = z
  .union([z.enum(PRIORITIES), z.number()], {
    error: 'must be critical, high, normal, low, or a number from 1 to 20',
  })
  .describe('By name, or by number: 1 is the highest, 20 the lowest');

export const jobOptions = z
  .strictObject({
    priority: priority.optional(),
    attempts: z.number().optional().describe('How often it may be tried in all, 1 to 1000'),
    retries: z.number().optional().describe('The same counted otherwise: attempts less one'),
    backoff: backoff.optional(),
    timeout: duration.optional().describe('For one attempt'),
    id: shortText(128).optional().describe('An id of your own: adding again with it is safe'),
    delay: delay.optional(),
    expiresAt: shortText(40).optional().describe('ISO 8601 time; not started any more after it'),
    tags: z.array(shortText(64)).optional(),
    tenant: shortText(128).optional(),
    correlationId: shortText(128).optional(),
    unique: z
      .union([unique, z.literal(false)])
      .optional()
      .describe(
        'One job of a key: while pending, within a window, or the latest; `false`: not even where its type says so',
      ),
    retention: retention.optional(),
    keepFor: duration.optional().describe('How long it is kept when it is finished; 0 removes it at once'),
  })
  .meta({ id: 'JobOptions' }) satisfies z.ZodType<SubmitOptions>;

/** Body of `POST /api/v1/jobs`. */
export const jobRequest = z
  .strictObject({
    type: jobType,
    payload: z.unknown(),
    options: jobOptions.optional(),
  })
  .meta({ id: 'JobRequest' });

/** Body of `POST /api/v1/jobs/batch`. */
export const batchRequest = z.strictObject({
  jobs: z
    .array(jobRequest)
    .min(1)
    .max(BATCH_LIMIT, { error: `must have at most ${BATCH_LIMIT} entries` }),
});
