import { isUp } from '../is-up';
import { BrokerError } from '../../contracts/errors';
import type { StopOptions } from '../../lifecycle/service';
import { DEFAULT_STOP_DEADLINE_MS } from '../../lifecycle/service';
import type { TopologyPlan } from '../../topology/plan';
import type {
  Broker,
  BrokerState,
  OpenRepliesOptions,
  Publisher,
  PublisherOptions,
  QueueDepth,
  ReadStreamOptions,
  ReplyQueue,
  StreamReader,
  SubscribeOptions,
  Subscription,
} from '../broker';
import type { Delivery } from '../delivery';
import type { Channel } from './channel';
import { guarded } from './guarded';
import { MemoryPublisher } from './publisher';
import { checkPrefetch, clientStopped, noQueue } from './refusals';
import { MemoryReplies } from './replies';
import { MemoryStreamReader } from './stream-reader';
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
  private ended?: Promise<void>;
  private readonly waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(readonly world: World) {}

  get state(): BrokerState {
    return this.current;
  }

  get up(): boolean {
    return isUp(this.current);
  }

  onState(listener: (state: BrokerState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves at once: a broker that is away is a state, not an error. */
  async start(): Promise<void> {
    this.checkRunning();
    if (this.current.name !== 'stopped') return;
    this.enter({ name: 'connecting' });
    this.world.join(this);
    this.world.turns.soon(() => this.reachable());
  }

  stop(options: StopOptions = {}): Promise<void> {
    return (this.ended ??= this.shutDown(options.deadlineMs ?? DEFAULT_STOP_DEADLINE_MS));
  }

  async apply(plan: TopologyPlan): Promise<void> {
    this.checkRunning();
    if (!this.up) await new Promise<void>((resolve, reject) => this.waiting.push({ resolve, reject }));
    this.world.apply(plan);
    this.plans.add(plan);
    await this.nextTurn();
  }

  publisher(options: PublisherOptions = {}): Publisher {
    const publisher = new MemoryPublisher(this, options);
    if (this.ended) void publisher.close(0);
    else this.links.add(publisher);
    return publisher;
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    this.checkRunning();
    checkPrefetch(options.prefetch);
    const subscription = new MemorySubscription(this, options);
    this.links.add(subscription);
    await this.nextTurn();
    subscription.connected();
    await subscription.firstOpen;
    return subscription;
  }

  async pull(queue: string): Promise<Delivery | undefined> {
    await this.nextTurn();
    if (!this.up) return undefined;
    const source = this.world.queue(queue);
    if (!source) throw noQueue(queue);
    let channel = this.pulls.get(queue);
    if (!channel?.alive) {
      channel = source.open(() => undefined);
      this.pulls.set(queue, channel);
    }
    return source.pull(channel);
  }

  async readStream(options: ReadStreamOptions): Promise<StreamReader> {
    await this.reached(`read ${options.queue}`);
    const stream = this.world.stream(options.queue);
    if (!stream) throw noQueue(options.queue);
    const reader = new MemoryStreamReader(this, stream, options);
    this.links.add(reader);
    return reader;
  }

  async openReplies(options: OpenRepliesOptions): Promise<ReplyQueue> {
    this.checkRunning();
    await this.reached('open a queue for answers');
    const replies = new MemoryReplies(this, options);
    this.links.add(replies);
    return replies;
  }

  async depth(queue: string): Promise<QueueDepth | undefined> {
    await this.reached(`ask for the depth of ${queue}`);
    return this.world.depth(queue);
  }

  /** @throws BrokerError `client_stopped`, `broker_unreachable` */
  private async reached(purpose: string): Promise<void> {
    this.checkRunning();
    await this.nextTurn();
    if (this.up) return;
    throw new BrokerError('broker_unreachable', `There is no connection to ${purpose}`, {
      hint: 'Start the broker first, or ask again when its state is connected.',
    });
  }

  /** Makes what the plans say again; something of it was missing. */
  repair(): void {
    for (const plan of this.plans) guarded('Applying the topology', () => this.world.apply(plan));
  }

  forget(link: Link): void {
    this.links.delete(link);
  }

  reachable(): void {
    if (this.current.name !== 'connecting') return;
    if (this.world.away) return this.enter({ name: 'connecting', lastError: 'the broker is away' });
    this.repair();
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

  private async shutDown(deadlineMs: number): Promise<void> {
    await Promise.all([...this.links].map((link) => link.end(deadlineMs)));
    this.closePulls();
    this.world.leave(this);
    if (this.current.name !== 'stopped') this.enter({ name: 'stopped' });
    for (const { reject } of this.waiting.splice(0)) reject(clientStopped());
  }

  private checkRunning(): void {
    if (this.ended) throw clientStopped();
  }

  private nextTurn(): Promise<void> {
    return new Promise((resolve) => this.world.turns.soon(resolve));
  }
}
