import type { Backoff, JobOptions } from '@scutwork/jobs';
import { z } from 'zod';
import { faultsOf } from './faults';
import { BATCH_LIMIT } from './limits';

const duration = z.union([z.number(), z.string()], { error: 'must be milliseconds, or a text such as "90s"' });

/** JSON has no dates: an ISO 8601 text with a zone stands for one. */
const delay = duration.transform((value) => {
  const isTime = typeof value === 'string' && /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(value);
  return isTime ? new Date(value) : value;
});

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
  z.strictObject({ type: z.literal('custom'), name: z.string(), maxDelay: duration.optional(), jitter }),
]);

/** Not a plain union: its errors would say that no form fits, and not which member is wrong. */
const backoff = z.unknown().transform((value, context): Backoff => {
  const read = (typeof value === 'object' ? backoffObject : duration).safeParse(value);
  if (read.success) return read.data;
  for (const { path, message } of read.error.issues.flatMap(faultsOf))
    context.addIssue({ code: 'custom', path, message });
  return z.NEVER;
});

const options = z.strictObject({
  priority: z
    .union([z.enum(['critical', 'high', 'normal', 'low']), z.number()], {
      error: 'must be critical, high, normal, low, or a number from 1 to 20',
    })
    .optional(),
  attempts: z.number().optional(),
  retries: z.number().optional(),
  backoff: backoff.optional(),
  timeout: duration.optional(),
  id: z.string().optional(),
  delay: delay.optional(),
  expiresAt: z.string().optional(),
  tags: z.array(z.string()).optional(),
  tenant: z.string().optional(),
  correlationId: z.string().optional(),
}) satisfies z.ZodType<JobOptions>;

/** Body of `POST /api/v1/jobs`. */
export const jobRequest = z.strictObject({
  type: z.string(),
  payload: z.unknown(),
  options: options.optional(),
});

/** Body of `POST /api/v1/jobs/batch`. */
export const batchRequest = z.strictObject({
  jobs: z
    .array(jobRequest)
    .min(1)
    .max(BATCH_LIMIT, { error: `must have at most ${BATCH_LIMIT} entries` }),
});

export type JobRequest = z.infer<typeof jobRequest>;
export type BatchRequest = z.infer<typeof batchRequest>;
