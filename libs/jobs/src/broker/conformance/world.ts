import type { Clock } from '../../lifecycle/clock';
import type { Names } from '../../topology/names';
import type { Broker } from '../broker';

/**
 * A broker to prove the promises on, and what can be done to it. One is made for each test and closed after it; what
 * one does to the broker must not reach the tests that run beside it.
 */
export interface BrokerTestWorld {
  /** Names that no other test uses. */
  readonly names: Names;
  /** True where `advance` costs nothing: then waits of months are tried too. */
  readonly movesTime: boolean;
  /** The clock that delays go by. */
  readonly clock: Clock;
  /** Lets time pass on that clock. */
  advance(ms: number): Promise<void>;
  /**
   * A client of its own, started and connected. The world stops it. Where a broker knows rights, `as` asks for those of
   * a role and no more; without it everything is allowed.
   */
  connect(as?: 'service' | 'worker'): Promise<Broker>;
  /** Cuts all connections of this world; they can be made again at once. */
  dropConnections(): Promise<void>;
  /** Cuts all connections of this world and refuses new ones until `comeBack`. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  /** The broker closes the channels that consume from `queue`; the connections stay. */
  closeChannel(queue: string): Promise<void>;
  deleteQueue(queue: string): Promise<void>;
  /** Stops all clients and removes all that the test declared. */
  close(): Promise<void>;
}

/** What waiting for a condition needs of a world. */
export interface Passing {
  readonly clock: Clock;
  advance(ms: number): Promise<void>;
}

const GIVE_UP_MS = 15_000;
const LOOK_EVERY_MS = 10;

/**
 * Waits until `condition` holds.
 * @throws Error naming `what` did not come, after 15 s or `withinMs`
 */
export async function until(
  world: Passing,
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs: number = GIVE_UP_MS,
): Promise<void> {
  const endMs = world.clock.now() + withinMs;
  while (!(await condition())) {
    if (world.clock.now() >= endMs) throw new Error(`Waited ${withinMs} ms in vain: ${what}`);
    await world.advance(LOOK_EVERY_MS);
  }
}
