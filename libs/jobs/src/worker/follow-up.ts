import { HEADER } from '../contracts/headers';
import { type JobHeaders, encodeHeaders } from '../contracts/envelope';
import type { OutgoingMessage } from '../contracts/message';
import type { Outcome } from '../contracts/outcome';
import { foreignHeaders } from '../topology/foreign-headers';
import type { Names } from '../topology/names';
import type { Route, Wait } from '../topology/route';
import type { Run } from './run';
import { putBackHeaders } from './suspect-count';

/** The way of what must wait; see {@link FarDelays}. */
export type WayOf = (run: Run, wait: Wait) => Route;

/**
 * The message that replaces a delivery, or undefined when nothing follows. Pure.
 * What must wait goes down the ladder; what has failed for good goes to the dead letters of its queue.
 */
export function followUp(run: Run, outcome: Outcome, names: Names, wayOf: WayOf): OutgoingMessage | undefined {
  const { job, place } = run;
  switch (outcome.kind) {
    case 'completed':
    case 'expired':
    case 'cancelled':
      return undefined;
    case 'retry': {
      const route = wayOf(run, outcome);
      return republish(run, route, {
        attempt: job.attempt + 1,
        deferredMs: 0,
        pausedMs: 0,
        delayMs: route.remainingMs,
      });
    }
    case 'deferred': {
      const route = wayOf(run, {
        delayMs: outcome.delayMs,
        exact: outcome.reason === 'delay',
      });
      return republish(run, route, { ...waited(run, outcome), delayMs: route.remainingMs });
    }
    case 'adopted':
      return {
        ...republish(run, at(names.priority(job.priority), job.type), {}),
        messageId: outcome.id,
      };
    case 'suspected':
      return toSuspects(run, names);
    case 'returned': {
      const message = toSuspects(run, names);
      return { ...message, headers: { ...message.headers, ...putBackHeaders(run.message) } };
    }
    case 'dead': {
      const message = withPriority(republish(run, at(names.deadExchange, place.queue), {}), run);
      const failure = { [HEADER.deadReason]: outcome.reason, [HEADER.error]: JSON.stringify(outcome.failure) };
      return { ...message, headers: { ...message.headers, ...failure } };
    }
  }
}

/** How long it has waited for what, this time included. A pause must not use up the patience with an unknown type. */
function waited({ job }: Run, { reason, delayMs }: Extract<Outcome, { kind: 'deferred' }>): Partial<JobHeaders> {
  switch (reason) {
    case 'delay':
      return {};
    case 'type_unknown':
      return { deferredMs: job.deferredMs + delayMs };
    case 'paused':
      return { pausedMs: job.pausedMs + delayMs };
  }
}

const at = (exchange: string, routingKey: string): Route => ({ exchange, routingKey, headers: {}, remainingMs: 0 });

function republish(run: Run, route: Route, changes: Partial<JobHeaders>): OutgoingMessage {
  const { message, job } = run;
  return {
    exchange: route.exchange,
    routingKey: route.routingKey,
    body: message.body,
    mandatory: true,
    messageId: message.messageId,
    type: job.type,
    contentType: 'application/json',
    correlationId: message.correlationId,
    appId: message.appId,
    timestamp: message.timestamp,
    headers: {
      ...foreignHeaders(message.headers),
      ...encodeHeaders({ ...job, recorded: isRecorded(run), ...changes }),
      ...route.headers,
    },
  };
}

/** Whoever starts a job that nobody has recorded does it; one that goes round before it is started still waits for that. */
function isRecorded({ job, startedAt }: Run): boolean {
  return job.recorded || startedAt !== undefined;
}

const toSuspects = (run: Run, names: Names): OutgoingMessage =>
  withPriority(republish(run, at(names.suspectExchange, run.place.queue), {}), run);

function withPriority(message: OutgoingMessage, run: Run): OutgoingMessage {
  return { ...message, headers: { ...message.headers, [HEADER.priority]: run.job.priority } };
}
