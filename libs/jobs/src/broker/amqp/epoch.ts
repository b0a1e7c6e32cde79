import type { Channel, ConsumeMessage, GetMessage, Message } from 'amqplib';
import type { IncomingMessage } from '../../contracts/message';
import type { Delivery } from '../delivery';
import { closeChannel } from './close-channel';
import { incomingMessage } from './incoming';
import { type Held, Unsettled } from './unsettled';

const NO_PROPERTIES = { headers: undefined } as Message['properties'];
const NO_CONTENT = Buffer.alloc(0);

/**
 * The deliveries of one open channel. They are settled on that channel or not at all: on its successor the same tag would
 * be another message.
 */
export class Epoch {
  alive = true;
  /** How many were delivered on it. */
  received = 0;
  private readonly unsettled = new Unsettled();
  private flush: NodeJS.Immediate | undefined;

  constructor(
    private readonly queue: string,
    private readonly channel: Channel,
  ) {}

  delivery(message: ConsumeMessage | GetMessage): Delivery {
    this.received += 1;
    const delivery = new AmqpDelivery(this, message.fields.deliveryTag, incomingMessage(this.queue, message));
    this.unsettled.add(delivery);
    return delivery;
  }

  get holdsNothing(): boolean {
    return this.unsettled.isEmpty;
  }

  /** Acks of one turn of the event loop leave together. */
  ack(held: Held): void {
    if (!this.alive) return;
    this.unsettled.ack(held);
    this.flush ??= setImmediate(() => this.flushAcks());
  }

  giveBack(held: Held, requeue: boolean): void {
    if (!this.alive) return;
    this.unsettled.remove(held);
    this.whileAlive(() => this.channel.reject(tagged(held.tag), requeue));
  }

  flushAcks(): void {
    clearImmediate(this.flush);
    this.flush = undefined;
    if (!this.alive) return;
    const { upTo, singles } = this.unsettled.take();
    this.whileAlive(() => {
      if (upTo !== undefined) this.channel.ack(tagged(upTo), true);
      for (const tag of singles) this.channel.ack(tagged(tag));
    });
  }

  /** The channel is closed: the broker gives what is unsettled to somebody else. */
  end(): void {
    this.alive = false;
    clearImmediate(this.flush);
  }

  /** Closes the channel; what is acked goes first, the rest returns to its queue. */
  async close(): Promise<void> {
    this.flushAcks();
    if (!this.alive) return;
    this.end();
    await closeChannel(this.channel);
  }

  /** amqplib throws when the channel ends in this very moment, before its `close` event. */
  private whileAlive(send: () => void): void {
    try {
      send();
    } catch {
      this.end();
    }
  }
}

class AmqpDelivery implements Delivery, Held {
  acked = false;
  older: Held | undefined;
  newer: Held | undefined;
  private settled = false;

  constructor(
    private readonly epoch: Epoch,
    readonly tag: number,
    readonly message: IncomingMessage,
  ) {}

  get alive(): boolean {
    return this.epoch.alive;
  }

  ack(): void {
    if (this.first()) this.epoch.ack(this);
  }

  requeue(): void {
    if (this.first()) this.epoch.giveBack(this, true);
  }

  reject(): void {
    if (this.first()) this.epoch.giveBack(this, false);
  }

  private first(): boolean {
    const first = !this.settled;
    this.settled = true;
    return first;
  }
}

function tagged(deliveryTag: number): Message {
  return {
    fields: { deliveryTag, redelivered: false, exchange: '', routingKey: '' },
    properties: NO_PROPERTIES,
    content: NO_CONTENT,
  };
}
