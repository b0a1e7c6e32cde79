import { BrokerError } from '../../contracts/errors';
import type { SubscribeOptions, Subscription } from '../broker';
import type { Channel } from './channel';
import type { Link, MemoryClient } from './client';
import { guarded } from './guarded';
import type { Consumer, Queue } from './queue';
import { noQueue } from './refusals';

/** How often a consumer looks for a queue that does not exist. */
const LOOK_AGAIN_MS = 1_000;

interface Opened {
  queue: Queue;
  channel: Channel;
  consumer: Consumer;
}

export class MemorySubscription implements Subscription, Link {
  readonly firstOpen: Promise<void>;
  private opened?: Opened;
  private wanted = true;
  private wasOpen = false;
  private resolveFirst: () => void = () => undefined;
  private rejectFirst: (error: Error) => void = () => undefined;
  private takeBackLook?: () => void;

  constructor(
    private readonly client: MemoryClient,
    private readonly options: SubscribeOptions,
  ) {
    this.firstOpen = new Promise((resolve, reject) => {
      this.resolveFirst = resolve;
      this.rejectFirst = reject;
    });
    // Closed before anybody waits for it: no rejection without a listener.
    this.firstOpen.catch(() => undefined);
  }

  get open(): boolean {
    return this.opened !== undefined;
  }

  connected(): void {
    if (!this.wanted || this.opened || !this.client.up) return;
    const queue = this.find();
    if (!queue) return this.missing();
    const channel = queue.open((reason) => this.channelLost(reason));
    const consumer = { channel, prefetch: this.options.prefetch, onDelivery: this.options.onDelivery };
    this.opened = { queue, channel, consumer };
    queue.consume(consumer);
    this.wasOpen = true;
    this.resolveFirst();
  }

  lost(reason: string): void {
    this.opened?.channel.lose(reason);
  }

  async cancel(): Promise<void> {
    this.wanted = false;
    this.opened?.queue.cancel(this.opened.consumer);
    await this.afterwards();
  }

  async close(): Promise<void> {
    this.wanted = false;
    this.takeBackLook?.();
    this.opened?.channel.close();
    this.opened = undefined;
    this.client.forget(this);
    this.rejectFirst(new BrokerError('client_stopped', `The consumer of ${this.options.queue} was closed`));
    await this.afterwards();
  }

  end(): Promise<void> {
    return this.close();
  }

  private find(): Queue | undefined {
    const { world } = this.client;
    if (!world.queue(this.options.queue)) this.client.repair();
    return world.queue(this.options.queue);
  }

  /** Whoever waits for the first consumer is told; one that was open before comes back with its queue. */
  private missing(): void {
    if (this.wasOpen) {
      this.takeBackLook = this.client.world.time.after(LOOK_AGAIN_MS, () => this.connected());
      return;
    }
    this.rejectFirst(noQueue(this.options.queue));
    void this.close();
  }

  private channelLost(reason: string): void {
    this.opened = undefined;
    guarded('A consumer', () => this.options.onLost?.(reason));
    this.client.world.turns.soon(() => this.connected());
  }

  private afterwards(): Promise<void> {
    return new Promise((resolve) => this.client.world.turns.soon(resolve));
  }
}
