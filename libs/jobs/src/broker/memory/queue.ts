import type { QueuePlan } from '../../topology/plan';
import type { Delivery } from '../delivery';
import type { QueueDepth } from '../broker';
import { Channel, type ChannelSource } from './channel';
import { type DeadLetterOffice, DeadLetters } from './dead-letters';
import { type DeathReason } from './deaths';
import { Fifo } from './fifo';
import { guarded } from './guarded';
import type { StoredMessage } from './message';

export interface Consumer {
  readonly channel: Channel;
  readonly prefetch: number;
  readonly onDelivery: (delivery: Delivery) => void;
}

/** A queue with the rules of RabbitMQ's quorum queues (of its classic ones as far as they differ in the delivery count). */
export class Queue implements ChannelSource {
  readonly name: string;
  /** Refuses everything, as a full queue would: publishers get a nack. */
  refusing = false;
  private readonly deadLetters: DeadLetters;
  /** Returned messages come before all others, in the order of their return. */
  private readonly returned = new Fifo<StoredMessage>();
  private readonly ready = new Fifo<StoredMessage>();
  private readonly channels = new Set<Channel>();
  /** Whose turn it is stands first. */
  private consumers: Consumer[] = [];
  private dispatching = false;
  private takeBackExpiry?: () => void;

  constructor(
    readonly plan: QueuePlan,
    private readonly office: DeadLetterOffice,
  ) {
    this.name = plan.name;
    this.deadLetters = new DeadLetters(
      {
        queue: plan.name,
        exchange: textOf(plan.arguments['x-dead-letter-exchange']),
        routingKey: textOf(plan.arguments['x-dead-letter-routing-key']),
        atLeastOnce: plan.type === 'quorum' && plan.arguments['x-dead-letter-strategy'] === 'at-least-once',
      },
      office,
    );
  }

  get depth(): QueueDepth {
    return { messages: this.returned.size + this.ready.size, consumers: this.consumers.length };
  }

  get unsettled(): number {
    return [...this.channels].reduce((sum, channel) => sum + channel.holding, 0);
  }

  /** Dead letters of this queue that found no target yet. */
  get heldDeadLetters(): number {
    return this.deadLetters.held;
  }

  /** False when it is full or told to refuse. */
  offer(message: StoredMessage): boolean {
    if (this.refusing || this.depth.messages >= this.limit('x-max-length')) return false;
    const ttlMs = this.limit('x-message-ttl');
    const expiresAtMs = ttlMs === Infinity ? undefined : this.office.clock.now() + ttlMs;
    this.ready.push({ ...message, deliveryCount: 0, expiresAtMs });
    this.dispatchSoon();
    return true;
  }

  /** Opens a channel that takes nothing by itself. */
  open(onLost: (reason: string) => void): Channel {
    const channel = new Channel(this, this.office.turns, onLost);
    this.channels.add(channel);
    return channel;
  }

  consume(consumer: Consumer): void {
    this.consumers.push(consumer);
    this.dispatchSoon();
  }

  /** What the consumer holds stays with its channel. */
  cancel(consumer: Consumer): void {
    this.consumers = this.consumers.filter((other) => other !== consumer);
  }

  pull(channel: Channel): Delivery | undefined {
    const message = this.next();
    return message && channel.hold(message);
  }

  loseChannels(reason: string): void {
    for (const channel of [...this.channels]) channel.lose(reason);
  }

  /** Deleted: what it held is gone. */
  end(reason: string): void {
    this.loseChannels(reason);
    this.takeBackExpiry?.();
  }

  leave(channel: Channel): void {
    this.channels.delete(channel);
    this.consumers = this.consumers.filter((consumer) => consumer.channel !== channel);
  }

  settled(): void {
    this.dispatchSoon();
  }

  giveBack(messages: readonly StoredMessage[]): void {
    const limit = this.plan.type === 'quorum' ? this.limit('x-delivery-limit') : Infinity;
    for (const message of messages) {
      const deliveryCount = this.plan.type === 'quorum' ? message.deliveryCount + 1 : 1;
      if (deliveryCount > limit) this.deadLetters.take(message, 'delivery_limit');
      else this.returned.push({ ...message, deliveryCount });
    }
    this.dispatchSoon();
  }

  reject(message: StoredMessage): void {
    this.deadLetters.take(message, 'rejected' satisfies DeathReason);
    this.dispatchSoon();
  }

  private dispatchSoon(): void {
    if (this.dispatching) return;
    this.dispatching = true;
    this.office.turns.soon(() => {
      this.dispatching = false;
      this.dispatch();
    });
  }

  private dispatch(): void {
    this.expire();
    while (this.depth.messages > 0) {
      const consumer = this.nextConsumer();
      const message = consumer && this.next();
      if (!message) return;
      const delivery = consumer.channel.hold(message);
      guarded('A consumer', () => consumer.onDelivery(delivery));
    }
  }

  /** Round robin among those that may hold more. */
  private nextConsumer(): Consumer | undefined {
    const turn = this.consumers.findIndex(({ channel, prefetch }) => channel.holding < prefetch);
    if (turn === -1) return undefined;
    const consumer = this.consumers[turn];
    this.consumers = [...this.consumers.slice(turn + 1), ...this.consumers.slice(0, turn + 1)];
    return consumer;
  }

  private next(): StoredMessage | undefined {
    this.expire();
    return this.returned.shift() ?? this.ready.shift();
  }

  /** Only what stands at the head can expire; the alarm is set for that one message. */
  private expire(): void {
    this.takeBackExpiry?.();
    this.takeBackExpiry = undefined;
    for (;;) {
      const from = this.returned.size > 0 ? this.returned : this.ready;
      const dueMs = from.peek()?.expiresAtMs;
      if (dueMs === undefined) return;
      const leftMs = dueMs - this.office.clock.now();
      if (leftMs > 0) {
        this.takeBackExpiry = this.office.clock.after(leftMs, () => this.dispatch());
        return;
      }
      const expired = from.shift();
      if (expired) this.deadLetters.take(expired, 'expired');
    }
  }

  private limit(argument: string): number {
    const value = this.plan.arguments[argument];
    return typeof value === 'number' ? value : Infinity;
  }
}

function textOf(value: QueuePlan['arguments'][string] | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
