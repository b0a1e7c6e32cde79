import type { EventSink } from '../../events/event-bus';
import { reasonOf } from '../../contracts/reason';

/** Calls whoever receives from a queue. An exception of theirs is stated, and does not close the channel under all else. */
export function guarded(events: Pick<EventSink, 'emit'>, queue: string, call: () => void): void {
  try {
    call();
  } catch (error) {
    stateFailure(events, queue, error);
  }
}

/** For what is received too often to wrap each call. */
export function stateFailure(events: Pick<EventSink, 'emit'>, queue: string, error: unknown): void {
  const reason = reasonOf(error);
  events.emit({ event: 'delivery.failed', queue, reason });
}
