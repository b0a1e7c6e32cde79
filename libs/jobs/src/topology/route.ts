import { type Priority, queueOf } from '../contracts/job-type';
import type { HeaderValue } from '../contracts/message';
import { LADDER_MAX_UNITS, LADDER_UNIT_MS, dueKey, waitHeaders } from './ladder';
import type { Names } from './names';

/** Where a message is published, and what it must still wait when it arrives. */
export interface Route {
  exchange: string;
  routingKey: string;
  /** To be put among the message's headers: the levels of the ladder where it waits. */
  headers: Readonly<Record<string, HeaderValue>>;
  /** Milliseconds left after this pass of the ladder; 0 for all but waits of more than 310 days. */
  remainingMs: number;
}

export interface Wait {
  delayMs: number;
  /** False lets the wait be rounded up to its three highest bits: fewer hops, at most a quarter longer. */
  exact: boolean;
}

const NO_HEADERS = Object.freeze({});

/**
 * The way of a job to its work queue: at once, or down the delay ladder. Whoever knows the queue takes the direct
 * exchange of the level: matching a topic costs the broker a third more per job (docs/decisions).
 */
export function routeJob(names: Names, type: string, priority: Priority, wait: Wait): Route {
  const queue = queueOf(type);
  if (wait.delayMs <= 0) {
    return { exchange: names.direct(priority), routingKey: queue, headers: NO_HEADERS, remainingMs: 0 };
  }
  const wanted = Math.ceil(wait.delayMs / LADDER_UNIT_MS);
  const units = Math.min(LADDER_MAX_UNITS, wait.exact ? wanted : roundUpToHighBits(wanted));
  return {
    exchange: names.delay(Math.floor(Math.log2(units))),
    routingKey: dueKey(queue, priority),
    headers: waitHeaders(units),
    remainingMs: Math.max(0, wait.delayMs - units * LADDER_UNIT_MS),
  };
}

/** Each set bit is a hop of a quorum write and a confirm; three bits are near enough for a backoff. */
function roundUpToHighBits(units: number): number {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(units)) - 2);
  return Math.ceil(units / step) * step;
}
