import type { EventName, ScutworkEvent } from '../contracts/job-events';
import { reasonOf } from '../contracts/reason';

/** Where facts are stated. Stating one never fails and never waits. */
export interface EventSink {
  emit(event: ScutworkEvent): void;
  /** False when nobody listens to it: then the fact need not be put together at all. */
  wants(name: EventName): boolean;
}

export type EventListener = (event: ScutworkEvent) => void;

/**
 * Facts of this process for its subscribers: logs, metrics, hooks. Subscribers only observe; one that throws is
 * reported to `onFault` and changes nothing.
 *
 * @example
 * const bus = new EventBus();
 * const off = bus.on('completed', (event) => console.log(event.id));
 */
export class EventBus implements EventSink {
  private readonly byName = new Map<EventName, Set<EventListener>>();
  private readonly toAll = new Set<EventListener>();

  constructor(private readonly onFault: (error: unknown, event: ScutworkEvent) => void = reportFault) {}

  /** Listens to one event; the returned function ends it. */
  on<N extends EventName>(name: N, listener: (event: Extract<ScutworkEvent, { event: N }>) => void): () => void {
    const listeners = this.byName.get(name) ?? new Set();
    this.byName.set(name, listeners);
    listeners.add(listener as EventListener);
    return () => void listeners.delete(listener as EventListener);
  }

  /** Listens to every event; the returned function ends it. */
  onAny(listener: EventListener): () => void {
    this.toAll.add(listener);
    return () => void this.toAll.delete(listener);
  }

  wants(name: EventName): boolean {
    return this.toAll.size > 0 || (this.byName.get(name)?.size ?? 0) > 0;
  }

  emit(event: ScutworkEvent): void {
    for (const listener of this.toAll) this.tell(listener, event);
    const listeners = this.byName.get(event.event);
    if (listeners) for (const listener of listeners) this.tell(listener, event);
  }

  private tell(listener: EventListener, event: ScutworkEvent): void {
    try {
      listener(event);
    } catch (error) {
      this.onFault(error, event);
    }
  }
}

/** Nobody listens. */
export const silentEvents: EventSink = { emit: () => undefined, wants: () => false };

function reportFault(error: unknown, event: ScutworkEvent): void {
  process.emitWarning(`A subscriber failed on ${event.event}: ${reasonOf(error)}`, {
    code: 'SCUTWORK_SUBSCRIBER',
  });
}
