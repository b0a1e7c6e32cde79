import type { JobEvent, Submission } from '../contracts/job-events';
import { idTimeMs } from '../contracts/job-id';
import type { JsonText } from '../contracts/json';
import type { Outcome } from '../contracts/outcome';
import { runFacts } from './attempt';
import { type Run, idOf } from './run';

/** Of a suspect that goes back nothing has changed that could be stated. */
export type StatedOutcome = Exclude<Outcome, { kind: 'returned' }>;

export const isStated = (outcome: Outcome): outcome is StatedOutcome => outcome.kind !== 'returned';

/** The fact that an outcome states, for the ledger and for the subscribers. */
export function eventOf(run: Run, outcome: StatedOutcome, worker: string, at: number): JobEvent {
  return outcome.kind === 'completed'
    ? completedEvent(run, outcome.result, worker, at)
    : otherEvent(run, outcome, worker, at);
}

/** Nearly every job ends so: written out, as spreading costs more than all else that is done to tell it. */
function completedEvent(run: Run, result: JsonText | undefined, worker: string, at: number): JobEvent {
  const { job } = run;
  return {
    event: 'completed',
    id: idOf(run),
    key: job.identity?.key,
    type: job.type,
    generation: job.generation,
    at,
    attempt: job.attempt,
    delivery: run.message.deliveryCount,
    worker,
    startedAt: run.startedAt,
    traceparent: job.traceparent,
    result,
  };
}

function otherEvent(
  run: Run,
  outcome: Exclude<StatedOutcome, { kind: 'completed' }>,
  worker: string,
  at: number,
): JobEvent {
  const facts = { ...runFacts(run, worker, at), startedAt: run.startedAt };
  switch (outcome.kind) {
    case 'retry':
      return { event: 'retrying', ...facts, delayMs: outcome.delayMs, failure: outcome.failure };
    case 'dead':
      return { event: 'dead', ...facts, reason: outcome.reason, failure: outcome.failure, payload: payloadOf(run) };
    case 'expired':
      return { event: 'expired', ...facts };
    case 'cancelled':
      return { event: 'cancelled', ...facts, cancel: outcome.cancel };
    case 'deferred':
      return { event: 'deferred', ...facts, delayMs: outcome.delayMs, reason: outcome.reason };
    case 'suspected':
      return { event: 'suspected', ...facts, deliveries: outcome.deliveries };
    case 'adopted':
      return { event: 'adopted', ...facts, ...submissionOf(run), id: outcome.id };
  }
}

/** A job that nobody recorded when it was published: the worker does it, so that its history begins. */
export function submittedBy(run: Run, at: number): JobEvent {
  const { id, key, type, generation, traceparent } = runFacts(run, '', at);
  return {
    event: 'submitted',
    ...{ id, key, type, generation, traceparent },
    ...submissionOf(run),
    at: submittedAt(run, at),
    delayMs: 0,
  };
}

function submissionOf(run: Run): Submission {
  const { job, policy } = run;
  return {
    priority: job.priority,
    payload: payloadOf(run),
    version: job.version,
    maxAttempts: policy.maxAttempts,
    backoff: policy.backoff,
    timeoutMs: policy.timeoutMs,
    expiresAt: job.expiresAtMs,
    tags: job.tags,
    tenant: job.tenant,
    correlationId: job.correlationId,
    group: job.group,
    schedule: job.schedule,
    scheduledFor: job.scheduledForMs,
    flow: job.flow,
    origin: job.recorded ? undefined : 'foreign',
  };
}

/** A UUIDv7 tells when it was made; else the publisher's timestamp, to the second. Clocks that are wrong say nothing. */
function submittedAt({ job, message }: Run, now: number): number {
  const said = (job.identity && idTimeMs(job.identity.id)) ?? (message.timestamp ?? Number.NaN) * 1_000;
  return said >= 0 && said <= now ? said : now;
}

/** The body as it came; JSON only if the publisher kept to the contract. */
function payloadOf(run: Run): JsonText {
  return run.message.body.toString() as JsonText;
}
