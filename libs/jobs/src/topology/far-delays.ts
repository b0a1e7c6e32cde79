import { HEADER } from '../contracts/headers';
import type { Priority } from '../contracts/job-type';
import type { OutgoingMessage } from '../contracts/message';
import type { Names } from './names';
import { type Route, type Wait, routeJob } from './route';

/** Milliseconds. A longer wait is kept by the ledger, where there is one: there it can be seen, moved and cancelled at once. */
export const FAR_MS = 10 * 60_000;
/** After so long it is asked again whether there is a ledger. */
const ASK_AGAIN_MS = 60_000;

/**
 * The way of what must wait: far delays to the ledger's queue, all others down the ladder. That a message comes back
 * from there says that there is no ledger: then the ladder does it.
 */
export class FarDelays {
  private absentUntilMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly names: Names) {}

  route(type: string, priority: Priority, wait: Wait, nowMs: number): Route {
    if (wait.delayMs <= FAR_MS || nowMs < this.absentUntilMs) return routeJob(this.names, type, priority, wait);
    return {
      // By the default exchange, which is always there: an exchange of the ledger's own would be missing without one.
      exchange: '',
      routingKey: this.names.later,
      headers: { [HEADER.priority]: priority, [HEADER.laterSince]: nowMs },
      remainingMs: wait.delayMs,
    };
  }

  isFar({ exchange, routingKey }: Pick<OutgoingMessage, 'exchange' | 'routingKey'>): boolean {
    return exchange === '' && routingKey === this.names.later;
  }

  /** A message came back: there is no ledger for now. */
  noteAbsent(nowMs: number): void {
    this.absentUntilMs = nowMs + ASK_AGAIN_MS;
  }
}
