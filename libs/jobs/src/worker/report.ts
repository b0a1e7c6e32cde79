import type { JobEvent } from '../contracts/job-events';
import { JsonText, toJsonText } from '../contracts/json';
import type { Outcome } from '../contracts/outcome';
import { runFacts } from './attempt';
import type { Run } from './run';

/** The fact that an outcome states, for the ledger and for the subscribers. */
export function eventOf(run: Run, outcome: Outcome, worker: string, at: number): JobEvent {
  const facts = { ...runFacts(run, worker, at), startedAt: run.startedAt };
  switch (outcome.kind) {
    case 'completed':
      return { event: 'completed', ...facts, result: outcome.result };
    case 'retry':
      return { event: 'retrying', ...facts, delayMs: outcome.delayMs, failure: outcome.failure };
    case 'dead':
      return { event: 'dead', ...facts, reason: outcome.reason, failure: outcome.failure, payload: payloadOf(run) };
    case 'expired':
      return { event: 'expired', ...facts };
    case 'deferred':
      return { event: 'deferred', ...facts, delayMs: outcome.delayMs, reason: outcome.reason };
    case 'suspected':
      return { event: 'suspected', ...facts, deliveries: outcome.deliveries };
    case 'adopted':
      return { event: 'adopted', ...facts, id: outcome.id, payload: payloadOf(run) };
  }
}

/** A job that nobody recorded when it was published: the worker does it, so that its history begins. */
export function submittedBy(run: Run, at: number): JobEvent {
  const { job } = run;
  const { id, key, type, generation } = runFacts(run, '', at);
  return {
    event: 'submitted',
    ...{ id, key, type, generation },
    at: job.submittedAt ?? at,
    priority: job.priority,
    delayMs: 0,
    payload: payloadOf(run),
    maxAttempts: run.policy.maxAttempts,
    timeoutMs: run.policy.timeoutMs,
    expiresAt: job.expiresAtMs,
    tags: job.tags,
    tenant: job.tenant,
    correlationId: job.correlationId,
    schedule: job.schedule,
  };
}

/** The body on one line of JSON; a body that is not JSON becomes a JSON string of its text. */
function payloadOf(run: Run): JsonText {
  const text = run.message.body.toString();
  let value: unknown = text;
  try {
    value = JSON.parse(text);
  } catch {
    // Kept as text: the record must be readable whatever was published.
  }
  return toJsonText(value) ?? ('null' as JsonText);
}
