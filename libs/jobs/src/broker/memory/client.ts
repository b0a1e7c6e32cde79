import { BrokerError } from '../../contracts/errors';
import type { StopOptions } from '../../lifecycle/service';
import { DEFAULT_STOP_DEADLINE_MS } from '../../lifecycle/service';
import type { TopologyPlan } from '../../topology/plan';
import type {
  Broker,
  BrokerState,
  Publisher,
  PublisherOptions,
  QueueDepth,
  SubscribeOptions,
  Subscription,
} from '../broker';
import type { Delivery } from '../delivery';
import type { Channel } from './channel';
import { MemoryPublisher } from './publisher';
import { MemorySubscription } from './subscription';
import type { Connection, World } from './world';

/** What lives on the connection of a client and opens again with it. */
export interface Link {
  connected(): void;
  lost(reason: string): void;
  end(deadlineMs: number): Promise<void>;
}

const VERSION = 'memory';

/** One process that talks to a world. */
export class MemoryClient implements Broker, Connection {
  private current: BrokerState = { name: 'stopped' };
  private readonly listeners = new Set<(state: BrokerState) => void>();
  private readonly links = new Set<Link>();
  private readonly plans = new Set<TopologyPlan>();
  private readonly pulls = new Map<string, Channel>();
  private readonly waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(readonly world: World) {}

  get state(): BrokerState {
    return this.current;
  }

  get up(): boolean {
    return this.current.name === 'connected' || this.current.name === 'blocked';
  }

  onState(listener: (state: BrokerState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async start(): Promise<void> {
    if (this.current.name !== 'stopped') return;
    this.enter({ name: 'connecting' });
    this.world.join(this);
    await new Promise<void>((tried) => {
      this.world.turns.soon(() => {
        this.reachable();
        tried();
      });
    });
  }

  async stop(options: StopOptions = {}): Promise<void> {
    if (this.current.name === 'stopped') return;
    const deadlineMs = options.deadlineMs ?? DEFAULT_STOP_DEADLINE_MS;
    await Promise.all([...this.links].map((link) => link.end(deadlineMs)));
    this.closePulls();
    this.world.leave(this);
    this.enter({ name: 'stopped' });
    const stopped = new BrokerError('client_stopped', 'The broker was stopped', {
      hint: 'Start it before it is used.',
    });
    for (const { reject } of this.waiting.splice(0)) reject(stopped);
  }

  async apply(plan: TopologyPlan): Promise<void> {
    await this.whenUp();
    this.world.apply(plan);
    this.plans.add(plan);
    await this.nextTurn();
  }

  publisher(options: PublisherOptions = {}): Publisher {
    const publisher = new MemoryPublisher(this, options);
    this.links.add(publisher);
    if (this.up) publisher.connected();
    return publisher;
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const subscription = new MemorySubscription(this, options);
    this.links.add(subscription);
    if (this.up) subscription.connected();
    await subscription.firstOpen;
    return subscription;
  }

  async pull(queue: string): Promise<Delivery | undefined> {
    await this.whenUp();
    await this.nextTurn();
    const source = this.world.queue(queue);
    if (!source) return undefined;
    let channel = this.pulls.get(queue);
    if (!channel?.alive) {
      channel = source.open(() => undefined);
      this.pulls.set(queue, channel);
    }
    return source.pull(channel);
  }

  async depth(queue: string): Promise<QueueDepth | undefined> {
    await this.whenUp();
    await this.nextTurn();
    return this.world.depth(queue);
  }

  forget(link: Link): void {
    this.links.delete(link);
  }

  reachable(): void {
    if (this.current.name !== 'connecting') return;
    if (this.world.away) return this.enter({ name: 'connecting', lastError: 'the broker is away' });
    for (const plan of this.plans) this.world.apply(plan);
    this.enter({ name: 'connected', version: VERSION });
    if (this.world.blockedFor !== undefined) this.blocked(this.world.blockedFor);
    for (const { resolve } of this.waiting.splice(0)) resolve();
    for (const link of [...this.links]) link.connected();
  }

  cut(reason: string): void {
    if (!this.up) return;
    this.enter({ name: 'connecting', lastError: reason });
    this.closePulls();
    for (const link of [...this.links]) link.lost(reason);
  }

  blocked(reason: string | undefined): void {
    if (!this.up) return;
    if (reason !== undefined)
      return this.enter({ name: 'blocked', version: VERSION, reason, sinceMs: this.world.time.now() });
    this.enter({ name: 'connected', version: VERSION });
    for (const link of [...this.links]) link.connected();
  }

  private enter(state: BrokerState): void {
    this.current = state;
    for (const listener of [...this.listeners]) listener(state);
  }

  private closePulls(): void {
    for (const channel of this.pulls.values()) channel.close();
    this.pulls.clear();
  }

  private async whenUp(): Promise<void> {
    if (!this.up) await new Promise<void>((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  private nextTurn(): Promise<void> {
    return new Promise((resolve) => this.world.turns.soon(resolve));
  }
}
