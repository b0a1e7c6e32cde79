import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { BrokerError } from '../../contracts/errors';
import type { SubscribeOptions, Subscription } from '../broker';
import { type Doing, brokerErrorOf, isPassing, missingOf } from './broker-error';
import { closeChannel } from './close-channel';
import { DAMAGED_PAUSE_MS, type DamageFinder, damageText } from './damage';
import { Epoch } from './epoch';
import { stateFailure } from './guarded';
import { watchIdle } from './idle-watch';
import { keepOpen } from './keep-open';
import { Link } from './link';
import type { ResolvedAmqpOptions } from './options';
import { within } from '../../lifecycle/pause';

/** How long the broker may take to answer while a consumer is cancelled or its channel closed, in milliseconds. */
const CLOSE_MS = 5_000;
/** When a consumer that is not open is worth a word, in milliseconds. */
const OVERDUE_MS = 15_000;
let lastConsumer = 0;

export interface SubscriptionContext {
  link: Link;
  options: ResolvedAmqpOptions;
  damage: DamageFinder;
  /** Resolves when the topology is there again after a reconnect. */
  topologyReady: () => Promise<unknown>;
  /** Makes the topology anew after a queue was found missing. */
  repairTopology: () => Promise<unknown>;
  onClosed: (subscription: AmqpSubscription) => void;
}

interface Consumer {
  channel: Channel;
  epoch: Epoch;
  /** New each time: RabbitMQ 4.3 refuses a tag again that it has cancelled itself. */
  tag: string;
  ready: boolean;
  /** Why it ended, when not with the connection. */
  fault: string | undefined;
  /** It is over, whether its channel has closed or not. */
  end: () => void;
}

/**
 * One consumer on a channel of its own, brought back after every loss. When it is its queue that ends the connection, it
 * goes on by a connection of its own, so that the other queues do not suffer.
 */
export class AmqpSubscription implements Subscription {
  private readonly ending = new AbortController();
  private consumer: Consumer | undefined;
  private own: Link | undefined;
  /** Whether whoever waits for the first consumer has been told. */
  private answered = false;

  constructor(
    private readonly context: SubscriptionContext,
    private readonly subscribed: SubscribeOptions,
  ) {}

  get open(): boolean {
    return this.consumer?.ready === true && !this.isEnding();
  }

  /**
   * Resolves when the first consumer is open, or cannot be for as long as its queue is damaged.
   * @throws BrokerError when the broker refuses it
   */
  start(): Promise<void> {
    const { link, options } = this.context;
    if (!this.subscribed.standsBy) void this.watch();
    return new Promise((resolve, reject) => {
      const ended = keepOpen({
        link: () => this.own ?? link,
        longestPauseMs: () => (this.own ? DAMAGED_PAUSE_MS : undefined),
        clock: options.clock,
        random: options.random,
        signal: this.ending.signal,
        open: (model) => this.openOrRepair(model, resolve),
        onFault: (error, failures) => this.failed(error, failures, reject),
      });
      void ended.then(() =>
        reject(
          new BrokerError(
            'client_stopped',
            `The subscription to "${this.subscribed.queue}" was closed before it was open`,
          ),
        ),
      );
    });
  }

  async cancel(): Promise<void> {
    this.ending.abort();
    const { consumer } = this;
    if (consumer?.epoch.alive) await this.inTime(consumer.channel.cancel(consumer.tag));
  }

  async close(): Promise<void> {
    this.ending.abort();
    this.context.onClosed(this);
    const { consumer } = this;
    this.consumer = undefined;
    if (consumer) await this.inTime(consumer.epoch.close());
    await this.own?.stop(CLOSE_MS);
  }

  private isEnding(): boolean {
    return this.ending.signal.aborted;
  }

  private async openOrRepair(model: ChannelModel, opened: () => void): Promise<{ lost: Promise<void> }> {
    try {
      return await this.openConsumer(model, opened);
    } catch (error) {
      if (missingOf(error) === 'queue') await this.context.repairTopology();
      throw error;
    }
  }

  private async openConsumer(model: ChannelModel, opened: () => void): Promise<{ lost: Promise<void> }> {
    const { queue, prefetch } = this.subscribed;
    await this.context.topologyReady();
    const channel = await model.createChannel();
    if (this.isEnding()) return { lost: closeChannel(channel) };
    const consumer: Consumer = {
      channel,
      epoch: new Epoch(queue, channel),
      tag: `c${(lastConsumer += 1)}`,
      ready: false,
      fault: undefined,
      end: () => undefined,
    };
    const lost = this.whenLost(consumer);
    this.consumer = consumer;
    await channel.prefetch(prefetch, false);
    const overdue = this.context.options.clock.after(OVERDUE_MS, () => this.reportOverdue());
    await this.ask(model, opened, () =>
      channel.consume(queue, (message) => this.receive(consumer, message), { consumerTag: consumer.tag }),
    ).finally(overdue);
    if (this.isEnding()) await consumer.epoch.close();
    consumer.ready = true;
    this.tell(opened);
    return { lost };
  }

  private ask<T>(model: ChannelModel, opened: () => void, consume: () => Promise<T>): Promise<T> {
    if (this.own) return consume();
    return this.context.damage.ask(model, consume, () => {
      this.moveOut();
      this.tell(opened);
    });
  }

  private tell(opened: () => void): void {
    this.answered = true;
    opened();
  }

  /** From here on only this one suffers from its queue. It is tried until it is well again, or deleted and made anew. */
  private moveOut(): void {
    const { options } = this.context;
    if (this.isEnding()) return;
    options.events.emit({ event: 'broker.degraded', reason: damageText(this.subscribed.queue) });
    this.own = new Link('consume', options);
    this.own.start();
  }

  private whenLost(consumer: Consumer): Promise<void> {
    const { channel, epoch } = consumer;
    channel.on('error', (error) => {
      consumer.fault ??= brokerErrorOf(error, this.doing).message;
    });
    channel.on('handler-error', (error) =>
      this.context.options.events.emit({
        event: 'delivery.failed',
        queue: this.subscribed.queue,
        reason: error.message,
      }),
    );
    return new Promise((resolve) => {
      consumer.end = () => {
        epoch.end();
        if (this.consumer === consumer) this.lost(consumer);
        resolve();
      };
      channel.on('close', consumer.end);
    });
  }

  private lost({ ready, epoch, fault }: Consumer): void {
    this.consumer = undefined;
    if (fault !== undefined) this.report(fault);
    if (!ready && epoch.received === 0) return;
    try {
      this.subscribed.onLost?.(fault ?? 'the connection was lost');
    } catch (error) {
      this.deliveryFailed(error);
    }
  }

  /** An exception of the receiver must not close the channel under all other deliveries. */
  private receive(consumer: Consumer, message: ConsumeMessage | null): void {
    if (message === null) {
      consumer.fault = `the broker ended the consumer of "${this.subscribed.queue}": the queue was deleted, or a delivery was held too long`;
      void this.giveUp(consumer);
      return;
    }
    try {
      this.subscribed.onDelivery(consumer.epoch.delivery(message));
    } catch (error) {
      this.deliveryFailed(error);
    }
  }

  /** Whether RabbitMQ has forgotten it, is asked on its own channel: that ends when there is no such queue any more. */
  private watch(): Promise<void> {
    const { clock, stallMs } = this.context.options;
    const watched = {
      standsStill: () => {
        const { consumer } = this;
        if (!consumer?.ready || !consumer.epoch.alive || !consumer.epoch.holdsNothing) return undefined;
        return `${consumer.tag}: ${consumer.epoch.received}`;
      },
      sign: () => this.signOfNeglect(),
      onForgotten: (sign: string) => this.forgotten(sign),
    };
    return watchIdle(watched, clock, stallMs, this.ending.signal);
  }

  private async signOfNeglect(): Promise<string | undefined> {
    try {
      const depth = await this.consumer?.channel.checkQueue(this.subscribed.queue);
      if (depth?.consumerCount === 0) return 'the queue has no consumer';
      return depth && depth.messageCount > 0 ? `${depth.messageCount} messages wait there` : undefined;
    } catch {
      // The channel is closed, and says so itself.
      return undefined;
    }
  }

  private forgotten(sign: string): void {
    const { consumer } = this;
    if (!consumer) return;
    const { queue } = this.subscribed;
    consumer.fault = `RabbitMQ has forgotten the consumer of "${queue}" (${sign}): another takes its place`;
    void this.giveUp(consumer);
  }

  /** Its successor does not wait for a channel that RabbitMQ does not close: that one is left to end with its connection. */
  private async giveUp(consumer: Consumer): Promise<void> {
    if (!(await this.inTime(consumer.epoch.close()))) consumer.end();
  }

  private deliveryFailed(error: unknown): void {
    stateFailure(this.context.options.events, this.subscribed.queue, error);
  }

  /** It could not be opened. Whoever waits for the first consumer is told when trying again cannot help. */
  private failed(error: unknown, failures: number, reject: (error: BrokerError) => void): void {
    const worthAnotherTry = isPassing(error) || (missingOf(error) === 'queue' && failures === 1);
    if (this.answered || worthAnotherTry) return;
    void this.close();
    reject(brokerErrorOf(error, this.doing));
  }

  private get doing(): Doing {
    return { operation: 'consume', name: this.subscribed.queue };
  }

  /** Not given up: trying again on another channel would pile up channels that wait for the same queue. */
  private reportOverdue(): void {
    const reason = `the queue "${this.subscribed.queue}" does not answer its consumer: it may have lost its quorum`;
    this.context.options.events.emit({ event: 'broker.degraded', reason });
  }

  private report(reason: string): void {
    this.context.options.events.emit({ event: 'channel.closed', queue: this.subscribed.queue, reason });
  }

  private inTime(work: Promise<unknown>): Promise<boolean> {
    return within(this.context.options.clock, CLOSE_MS, work);
  }
}
