import type { Broker } from '../broker/broker';
import { isUp } from '../broker/is-up';
import { reasonOf } from '../contracts/reason';
import type { EventSink } from '../events/event-bus';
import type { Clock } from '../lifecycle/clock';
import { pause } from '../lifecycle/pause';

/** Until it is tried again after something failed, at first and later. */
const FIRST_RETRY_MS = 100;
const RETRY_MS = 1_000;

export interface Rounds {
  broker: Broker;
  clock: Clock;
  events: EventSink;
  /** Aborted when no further round is wanted. */
  stopping: AbortSignal;
  /** Begins a round: what it returns is aborted when all must be read again. */
  begin: () => AbortSignal;
  /** Reads until the signal ends it. What it throws ends the round too. */
  read: (signal: AbortSignal) => Promise<void>;
}

/** Reads round after round, each as soon as the broker is there, until it is stopped. */
export async function readInRounds({ broker, clock, events, stopping, begin, read }: Rounds): Promise<void> {
  for (let failures = 0; !stopping.aborted;) {
    const signal = begin();
    try {
      await whenUp(broker, signal);
      await read(signal);
      failures = 0;
    } catch (error) {
      failures += 1;
      await pause(clock, failures === 1 ? FIRST_RETRY_MS : RETRY_MS, stopping);
      // Away: its return begins the next round.
      if (isUp(broker.state)) events.emit({ event: 'control.failed', reason: reasonOf(error) });
    }
  }
}

async function whenUp(broker: Broker, signal: AbortSignal): Promise<void> {
  if (isUp(broker.state)) return;
  await new Promise<void>((resolve) => {
    const off = broker.onState((state) => isUp(state) && end());
    const end = (): void => {
      off();
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
  });
}
