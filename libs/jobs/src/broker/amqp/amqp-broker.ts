import type { ChannelModel } from 'amqplib';
import { setMaxListeners } from 'node:events';
import { BrokerError, ConfigurationError } from '../../contracts/errors';
import { DEFAULT_STOP_DEADLINE_MS, type StopOptions } from '../../lifecycle/service';
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
import { Connections } from './connections';
import { DamageFinder } from './damage';
import { queueDepth } from './depth';
import { type AmqpBrokerOptions, type ResolvedAmqpOptions, resolveAmqpOptions } from './options';
import { within } from '../../lifecycle/pause';
import { AmqpPublisher } from './publisher';
import { Pulls } from './pulls';
import { AmqpReplies } from './replies';
import { AmqpStreamReader } from './stream-reader';
import { AmqpSubscription } from './subscription';
import { TopologyKeeper } from './topology-keeper';

/** The part of the stop's deadline that is kept for closing the connections. */
const CLOSING_SHARE = 0.2;
/** The most that a quorum queue takes. */
const MOST_PREFETCH = 2_000;

/**
 * RabbitMQ over AMQP 0-9-1: two connections that come back by themselves, and on them channels that do so too.
 *
 * @throws ConfigurationError when an option is not legal
 * @example
 * const broker = amqpBroker({ urls: ['amqp://guest:guest@127.0.0.1:5672'], names: namesFor() });
 * await broker.start();
 * await broker.apply(planTopology({ names, queues: ['email'] }));
 */
export function amqpBroker(options: AmqpBrokerOptions): Broker {
  return new AmqpBroker(resolveAmqpOptions(options));
}

class AmqpBroker implements Broker {
  private readonly connections: Connections;
  private readonly topology: TopologyKeeper;
  private readonly pulls: Pulls;
  private readonly damage: DamageFinder;
  private readonly publishers = new Set<AmqpPublisher>();
  private readonly subscriptions = new Set<AmqpSubscription>();
  private readonly readers = new Set<{ close(): Promise<void> }>();
  private readonly stopping = new AbortController();
  private stopped: Promise<void> | undefined;

  constructor(private readonly options: ResolvedAmqpOptions) {
    // Everything that waits for the broker listens to it.
    setMaxListeners(0, this.stopping.signal);
    this.connections = new Connections(options);
    const { consuming } = this.connections;
    this.topology = new TopologyKeeper(consuming, options, this.stopping.signal, () => this.connections.lastError);
    this.pulls = new Pulls(consuming, options);
    this.damage = new DamageFinder(consuming, options.clock);
  }

  get state(): BrokerState {
    return this.connections.state;
  }

  onState(listener: (state: BrokerState) => void): () => void {
    return this.connections.onState(listener);
  }

  /** Begins to connect and resolves at once: a broker that is away is a state, not an error. */
  async start(): Promise<void> {
    this.checkRunning();
    this.topology.watch();
    this.connections.start();
  }

  stop({ deadlineMs = DEFAULT_STOP_DEADLINE_MS }: StopOptions = {}): Promise<void> {
    return (this.stopped ??= this.shutDown(deadlineMs));
  }

  apply(plan: TopologyPlan): Promise<void> {
    return this.topology.apply(plan);
  }

  publisher(options: PublisherOptions = {}): Publisher {
    const publisher = new AmqpPublisher(
      { ...this.context(this.connections.publishing), onClosed: (closed) => this.publishers.delete(closed) },
      options,
    );
    this.publishers.add(publisher);
    if (this.stopped) void publisher.close(0);
    else publisher.open();
    return publisher;
  }

  async subscribe(subscribed: SubscribeOptions): Promise<Subscription> {
    this.checkRunning();
    checkPrefetch(subscribed.prefetch);
    const subscription = new AmqpSubscription(
      { ...this.context(this.connections.consuming), onClosed: (closed) => this.subscriptions.delete(closed) },
      subscribed,
    );
    this.subscriptions.add(subscription);
    await subscription.start();
    return subscription;
  }

  pull(queue: string): Promise<Delivery | undefined> {
    return this.pulls.pull(queue);
  }

  async readStream(read: ReadStreamOptions): Promise<StreamReader> {
    const model = this.modelFor(`read "${read.queue}"`);
    const reader = new AmqpStreamReader(read, this.options, () => this.readers.delete(reader));
    this.readers.add(reader);
    await reader.open(model);
    return reader;
  }

  async openReplies(options: OpenRepliesOptions): Promise<ReplyQueue> {
    const model = this.modelFor('open a queue for answers');
    const replies = new AmqpReplies(options, this.options, () => this.readers.delete(replies));
    this.readers.add(replies);
    await replies.open(model);
    return replies;
  }

  async depth(queue: string): Promise<QueueDepth | undefined> {
    return queueDepth(this.modelFor(`ask for the depth of "${queue}"`), queue);
  }

  /** @throws BrokerError `client_stopped`, `broker_unreachable` */
  private modelFor(purpose: string): ChannelModel {
    this.checkRunning();
    const { model } = this.connections.consuming;
    if (model) return model;
    const reason = this.connections.lastError ?? `the broker is ${this.state.name}`;
    throw new BrokerError('broker_unreachable', `There is no connection to ${purpose}: ${reason}`);
  }

  private async shutDown(deadlineMs: number): Promise<void> {
    const { clock } = this.options;
    const endsAt = clock.now() + deadlineMs;
    const drainMs = deadlineMs * (1 - CLOSING_SHARE);
    this.stopping.abort();
    const closing = [
      ...[...this.subscriptions].map((subscription) => subscription.close()),
      ...[...this.readers].map((reader) => reader.close()),
      ...[...this.publishers].map((publisher) => publisher.close(drainMs)),
      this.pulls.close(),
    ];
    await within(clock, drainMs, Promise.allSettled(closing));
    await this.connections.stop(Math.max(0, endsAt - clock.now()));
  }

  private context(link: Connections['publishing']) {
    return {
      link,
      options: this.options,
      damage: this.damage,
      topologyReady: () => this.topology.ready(),
      repairTopology: () => this.topology.repair(),
    };
  }

  private checkRunning(): void {
    if (this.stopped) throw new BrokerError('client_stopped', 'The broker was stopped; make a new one to go on');
  }
}

function checkPrefetch(prefetch: number): void {
  if (Number.isInteger(prefetch) && prefetch >= 1 && prefetch <= MOST_PREFETCH) return;
  throw new ConfigurationError(
    'configuration_invalid',
    `prefetch is ${prefetch}; it must be a whole number from 1 to ${MOST_PREFETCH}`,
    {
      field: 'prefetch',
      hint: 'Use several subscriptions for more at once.',
    },
  );
}
