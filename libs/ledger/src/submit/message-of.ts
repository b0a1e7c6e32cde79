import type { Names, OutgoingMessage } from '@scutwork/jobs';
import { encodeHeaders, messageIdOf, routeJob } from '@scutwork/jobs/wire';
import type { JobRow } from '../record/job-row';
import { LedgerError } from '../store/ledger-error';

/** What of a row its message is made of: `claim-outbox.sql` reads no more. */
export type Publishable = Pick<
  JobRow,
  | 'id'
  | 'key'
  | 'type'
  | 'priority'
  | 'generation'
  | 'state'
  | 'attempt'
  | 'maxAttempts'
  | 'timeoutMs'
  | 'backoff'
  | 'expiresAt'
  | 'payload'
  | 'version'
  | 'tags'
  | 'tenant'
  | 'correlationId'
  | 'group'
  | 'schedule'
  | 'scheduledFor'
  | 'flow'
  | 'traceparent'
  | 'createdAt'
  | 'submittedAt'
  | 'dueAt'
>;

/**
 * The message of a job as its row stands: at once to its work queue, or down the ladder for what is left of its wait.
 * It carries the row's generation, and the attempt that comes next. Publishing it twice is a second copy with the same
 * id and generation, which workers and the ledger take for what it is.
 *
 * @param now the database's time in milliseconds since 1970 (`databaseNow`): no other clock decides what is due
 * @throws LedgerError `payload_unknown` when no submission of this job was ever recorded
 */
export function messageOf(job: Publishable, names: Names, now: number): OutgoingMessage {
  if (job.payload === undefined) {
    throw new LedgerError('payload_unknown', `The payload of job ${job.id} is not known`, {
      hint: 'Its submission has not been recorded yet; it can be published when that has come.',
    });
  }
  const { messageId, key } = messageIdOf(job);
  const route = routeJob(names, job.type, job.priority, { delayMs: Math.max(0, (job.dueAt ?? 0) - now), exact: true });
  return {
    exchange: route.exchange,
    routingKey: route.routingKey,
    body: Buffer.from(job.payload),
    mandatory: true,
    messageId,
    type: job.type,
    contentType: 'application/json',
    timestamp: Math.floor((job.submittedAt ?? job.createdAt) / 1_000),
    correlationId: job.correlationId,
    headers: {
      ...encodeHeaders({
        key,
        delayMs: route.remainingMs,
        attempt: nextAttempt(job),
        version: job.version,
        maxAttempts: job.maxAttempts,
        backoff: job.backoff,
        timeoutMs: job.timeoutMs,
        expiresAtMs: job.expiresAt,
        generation: job.generation,
        tags: job.tags,
        tenant: job.tenant,
        group: job.group,
        schedule: job.schedule,
        scheduledForMs: job.scheduledFor,
        flow: job.flow,
        traceparent: job.traceparent,
        recorded: true,
      }),
      ...route.headers,
    },
  };
}

/** A run that failed is followed by the next attempt; one that was deferred or cut off is the same attempt again. */
function nextAttempt({ state, attempt }: Publishable): number {
  return state === 'retrying' ? attempt + 1 : Math.max(1, attempt);
}
