import { BrokerError } from '../../contracts/errors';
import { type Clock, systemClock } from '../../lifecycle/clock';
import type { OutgoingMessage } from '../../contracts/message';
import type { ExchangePlan, QueuePlan, TopologyPlan } from '../../topology/plan';
import type { QueueDepth } from '../broker';
import type { DeadLetterOffice } from './dead-letters';
import { Exchanges, type Routed } from './exchanges';
import { type StoredMessage, storedFrom } from './message';
import { Queue } from './queue';
import { Stream } from './stream';
import { Turns } from './turns';
import { WorldClock } from './world-clock';

/** What a publish comes to at the broker. */
export type Verdict = { kind: 'confirmed' } | { kind: 'returned' | 'nacked' | 'channel_closed'; reason: string };

/** Arguments that decide whether a job can be lost: with another value the queue is not the one that was planned. */
const DECISIVE = [
  'x-queue-type',
  'x-dead-letter-exchange',
  'x-dead-letter-routing-key',
  'x-dead-letter-strategy',
  'x-overflow',
];

/** A client as the broker sees it. */
export interface Connection {
  /** The broker has ended the connection. */
  cut(reason: string): void;
  /** The broker can be reached (again). */
  reachable(): void;
  blocked(reason: string | undefined): void;
}

/** The broker itself: what would live in another process. */
export class World implements DeadLetterOffice {
  readonly turns = new Turns();
  /** For what happens in the broker; it rests while nobody is connected. */
  readonly clock: WorldClock;
  readonly exchanges = new Exchanges();
  readonly connections = new Set<Connection>();
  away = false;
  blockedFor?: string;
  private readonly queues = new Map<string, Queue>();
  private readonly streams = new Map<string, Stream>();

  /** @param time for what happens in the clients */
  constructor(readonly time: Clock = systemClock) {
    this.clock = new WorldClock(time);
  }

  join(connection: Connection): void {
    this.connections.add(connection);
    this.clock.wake();
  }

  leave(connection: Connection): void {
    this.connections.delete(connection);
    if (this.connections.size === 0) this.clock.sleep();
  }

  queue(name: string): Queue | undefined {
    return this.queues.get(name);
  }

  stream(name: string): Stream | undefined {
    return this.streams.get(name);
  }

  depth(name: string): QueueDepth | undefined {
    return (this.queues.get(name) ?? this.streams.get(name))?.depth;
  }

  loads(): { name: string; ready: number; unsettled: number; consumers: number }[] {
    return [...this.queues.values()].map(({ name, depth, unsettled }) => {
      return { name, ready: depth.messages, unsettled, consumers: depth.consumers };
    });
  }

  setRefusing(name: string, refusing: boolean): void {
    const queue = this.queues.get(name);
    if (queue) queue.refusing = refusing;
  }

  loseChannels(name: string, reason: string): void {
    this.queues.get(name)?.loseChannels(reason);
    this.streams.get(name)?.loseReaders(reason);
  }

  delete(name: string): void {
    const reason = `queue ${name} was deleted`;
    this.queues.get(name)?.end(reason);
    this.queues.delete(name);
    this.streams.get(name)?.loseReaders(reason);
    this.streams.delete(name);
    this.exchanges.forgetQueue(name);
  }

  apply(plan: TopologyPlan): void {
    for (const exchange of plan.exchanges) this.declareExchange(exchange);
    for (const queue of plan.queues) this.declareQueue(queue);
    for (const binding of plan.bindings) this.exchanges.bind(binding);
  }

  publish(message: OutgoingMessage): Verdict {
    const { exchange } = message;
    if (exchange !== '' && !this.exchanges.get(exchange)) {
      return { kind: 'channel_closed', reason: `404 NOT_FOUND - no exchange '${exchange}'` };
    }
    const targets = this.targets(exchange, message);
    if (targets.length === 0) {
      return message.mandatory ? { kind: 'returned', reason: '312 NO_ROUTE' } : { kind: 'confirmed' };
    }
    const stored = storedFrom(message);
    const refusedBy = targets.filter((queue) => !this.offer(queue, stored));
    return refusedBy.length > 0
      ? { kind: 'nacked', reason: `refused by ${refusedBy.join(', ')}` }
      : { kind: 'confirmed' };
  }

  /** Queues that a message reaches; the exchange without a name is bound to every queue by its name. */
  targets(exchange: string, message: Routed): string[] {
    const names = exchange === '' ? [message.routingKey] : [...this.exchanges.route(exchange, message)];
    return names.filter((name) => this.queues.has(name) || this.streams.has(name));
  }

  offer(queue: string, message: StoredMessage): boolean {
    return (this.queues.get(queue) ?? this.streams.get(queue))?.offer(message) ?? false;
  }

  private declareExchange(plan: ExchangePlan): void {
    const found = this.exchanges.get(plan.name);
    if (found) {
      expectSame('exchange', plan.name, 'type', plan.type, found.type);
      expectSame('exchange', plan.name, 'alternate-exchange', plan.alternate, found.alternate);
    }
    this.exchanges.declare(plan);
  }

  private declareQueue(plan: QueuePlan): void {
    const found = this.queues.get(plan.name) ?? this.streams.get(plan.name);
    if (!found) {
      if (plan.type === 'stream') this.streams.set(plan.name, new Stream(plan, this));
      else this.queues.set(plan.name, new Queue(plan, this));
      return;
    }
    expectSame('queue', plan.name, 'x-queue-type', plan.type, found.plan.type);
    for (const argument of DECISIVE) {
      expectSame('queue', plan.name, argument, plan.arguments[argument], found.plan.arguments[argument]);
    }
  }
}

function expectSame(kind: string, name: string, argument: string, wanted: unknown, found: unknown): void {
  if (wanted === found) return;
  const text = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));
  throw new BrokerError(
    'topology_mismatch',
    `The ${kind} ${name} exists with ${argument} ${text(found)}, but ${text(wanted)} is wanted`,
    { field: name, hint: `Delete the ${kind} once it is empty, or use another topology prefix.` },
  );
}
