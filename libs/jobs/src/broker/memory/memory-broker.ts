import type { Clock } from '../../lifecycle/clock';
import type { Broker } from '../broker';
import { MemoryClient } from './client';
import { World } from './world';

export interface MemoryOptions {
  /** Moves delays, time-outs and deadlines. Default: the system's clock. */
  clock?: Clock;
}

/** What can go wrong with a broker, on demand. All of it reaches every client of the world. */
export interface MemoryFaults {
  /** Cuts every connection; clients connect again a moment later. What was not settled returns to its queue. */
  dropConnections(reason?: string): void;
  /** Cuts every connection and lets nobody in until {@link MemoryFaults.comeBack}. The messages stay. */
  goAway(reason?: string): void;
  comeBack(): void;
  /** The broker closes the channels that consume from `queue`, or pull from it. */
  closeChannel(queue: string, reason?: string): void;
  /** A resource alarm: publishing is blocked, consuming goes on. */
  block(reason: string): void;
  unblock(): void;
  /** The queue refuses what is published to it (a nack) until {@link MemoryFaults.accept}. */
  refuse(queue: string): void;
  accept(queue: string): void;
  /** Deletes a queue with its messages and bindings. */
  deleteQueue(queue: string): void;
}

/**
 * A broker in this process that several clients can connect to: a publisher and two workers see the same queues.
 *
 * @example
 * const world = memoryWorld({ clock: fakeClock() });
 * const client = new JobsClient({ broker: world.connect() });
 */
export interface MemoryWorld extends MemoryFaults {
  /** A client of its own, with connections of its own. Start and stop it as any broker. */
  connect(): Broker;
  /** Dead letters of `queue` that found no target; `depth` counts them nowhere. */
  heldDeadLetters(queue: string): number;
  /** Ready messages of `queue`, at once; 0 when there is no such queue. */
  ready(queue: string): number;
  /** Every queue and how busy it is. */
  queues(): QueueLoad[];
  /** Rises with everything that happens in the broker. */
  activity(): number;
}

export interface QueueLoad {
  name: string;
  /** Ready messages. */
  ready: number;
  /** Delivered and not settled. */
  unsettled: number;
  consumers: number;
}

/** A memory broker with a single client, and the faults at hand. */
export interface MemoryBroker extends Broker, MemoryFaults {}

/**
 * RabbitMQ's semantics without RabbitMQ, for tests: nothing outlives the process. Routing, alternate exchanges, delays,
 * dead letters, delivery counts and lost connections behave as on quorum queues of RabbitMQ 3.10 to 4.2; nothing is
 * ever answered in the same turn of the event loop.
 *
 * @example
 * const broker = memoryBroker({ clock });
 * await broker.start();
 * broker.dropConnections();
 */
export function memoryBroker(options: MemoryOptions = {}): MemoryBroker {
  const world = new World(options.clock);
  return Object.assign(new MemoryClient(world), faultsOf(world));
}

/** @see MemoryWorld */
export function memoryWorld(options: MemoryOptions = {}): MemoryWorld {
  const world = new World(options.clock);
  return {
    ...faultsOf(world),
    connect: () => new MemoryClient(world),
    ready: (queue) => world.depth(queue)?.messages ?? 0,
    queues: () => world.loads(),
    activity: () => world.turns.count,
    heldDeadLetters: (queue) => world.queue(queue)?.heldDeadLetters ?? 0,
  };
}

function faultsOf(world: World): MemoryFaults {
  const cut = (reason: string): void => {
    for (const connection of [...world.connections]) connection.cut(reason);
  };
  const letIn = (): void => {
    for (const connection of [...world.connections]) connection.reachable();
  };
  const setBlocked = (reason: string | undefined): void => {
    world.blockedFor = reason;
    for (const connection of [...world.connections]) connection.blocked(reason);
  };
  return {
    dropConnections(reason = 'the connection was dropped') {
      cut(reason);
      world.turns.soon(letIn);
    },
    goAway(reason = 'the broker went away') {
      world.away = true;
      cut(reason);
    },
    comeBack() {
      world.away = false;
      world.turns.soon(letIn);
    },
    closeChannel: (queue, reason = 'the broker closed the channel') => world.loseChannels(queue, reason),
    block: (reason) => setBlocked(reason),
    unblock: () => setBlocked(undefined),
    refuse: (queue) => world.setRefusing(queue, true),
    accept: (queue) => world.setRefusing(queue, false),
    deleteQueue: (queue) => world.delete(queue),
  };
}
