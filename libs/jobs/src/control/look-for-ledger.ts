import type { Broker } from '../broker/broker';
import type { Clock } from '../lifecycle/clock';
import { pause } from '../lifecycle/pause';

/** How often it is looked whether a ledger has come: often at first, as both may be starting for the first time. */
const LOOK_SOON_MS = 1_000;
const SOON_LOOKS = 20;
const LOOK_AGAIN_MS = 30_000;

export interface LookingForLedger {
  broker: Broker;
  clock: Clock;
  /** The control stream: a ledger makes it. */
  queue: string;
  signal: AbortSignal;
  /** Called at each look that finds none. */
  absent: () => void;
}

/** Resolves when a ledger has been there, or when it is ended. @throws BrokerError */
export async function lookForLedger({ broker, clock, queue, signal, absent }: LookingForLedger): Promise<void> {
  for (let looks = 1; !signal.aborted && (await broker.depth(queue)) === undefined; looks++) {
    absent();
    await pause(clock, looks <= SOON_LOOKS ? LOOK_SOON_MS : LOOK_AGAIN_MS, signal);
  }
}
