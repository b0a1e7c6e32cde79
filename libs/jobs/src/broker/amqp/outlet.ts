import type { ChannelModel, ConfirmChannel } from 'amqplib';
import type { OutgoingMessage } from '../../contracts/message';
import type { PublishFailure } from '../broker';
import { answer } from './answer';
import { closeChannel } from './close-channel';
import { type Pending, Confirms } from './confirms';
import { PublishWriter } from './publish-writer';
import { Returns } from './returns';
import { reasonOf } from '../../contracts/reason';

export interface OutletListener {
  /** A message was answered, or the wire takes more again. */
  onProgress(): void;
  /** A queue refused a message. */
  onRefused(): void;
  /** Messages are sent by amqplib's own slow way. */
  onDegraded(reason: string): void;
}

/** One open confirm channel: what was sent on it, and how the broker answers. It is never used again after its end. */
export class Outlet {
  private onLost: (fault: unknown) => void = () => undefined;
  /** False while the wire wants a pause. */
  flowing = true;
  /** Nothing more is to be sent on it: it is closed when all that was sent is answered. */
  isRetiring = false;
  /** Resolves when the channel is gone, with the broker's reason when it was not the connection. */
  readonly lost = new Promise<unknown>((resolve) => (this.onLost = resolve));
  private readonly confirms = new Confirms();
  private readonly returns = new Returns();
  private writer: PublishWriter | undefined;
  private ended = false;

  private constructor(
    private readonly channel: ConfirmChannel,
    /** Milliseconds since 1970. */
    readonly openedAtMs: number,
    private readonly listener: OutletListener,
  ) {}

  static async open(model: ChannelModel, window: number, nowMs: number, listener: OutletListener): Promise<Outlet> {
    const outlet = new Outlet(await model.createConfirmChannel({ highWaterMark: window }), nowMs, listener);
    outlet.listen();
    return outlet;
  }

  /** Messages that are sent, neither confirmed nor given up. */
  get open(): number {
    return this.confirms.open;
  }

  /** Bytes of their bodies. */
  get openBytes(): number {
    return this.confirms.openBytes;
  }

  /**
   * The same for as long as the oldest message that was sent has no answer. A large one that is still on its way out moves.
   */
  get standsStill(): string | undefined {
    const { oldest } = this.confirms;
    return oldest === undefined ? undefined : `${oldest} ${this.writer?.leaving ?? ''}`;
  }

  /** The earliest deadline of what is sent. */
  nextDeadline(): number | undefined {
    return this.confirms.nextDeadline();
  }

  /** `later`: the channel has just ended, the message is to be kept. A failure: it has no form on the wire. */
  send(pending: Pending): 'sent' | 'later' | PublishFailure {
    const { message } = pending;
    try {
      if (this.writer) this.writer.write(message);
      else this.flowing = this.publish(message);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'IllegalOperationError') {
        return { kind: 'unsendable', reason: reasonOf(error) };
      }
      this.end();
      return 'later';
    }
    this.confirms.add(pending);
    return 'sent';
  }

  /** Gives up what was sent and not confirmed by its deadline. */
  expire(now: number, reason: string): void {
    this.confirms.expire(now, (pending) => answer(pending.done, { kind: 'unknown', reason }));
  }

  /** No answer will come any more: what was sent may have arrived. `failureOf` says what is known of it. */
  abandon(failureOf: (message: OutgoingMessage) => PublishFailure): void {
    this.end();
    this.confirms.drain((pending) => {
      if (!pending.givenUp) answer(pending.done, failureOf(pending.message));
    });
  }

  /** With the answer to the last that was sent it is closed: so none is in doubt. Called while one is answered. */
  retire(): void {
    this.isRetiring = true;
  }

  close(): Promise<void> {
    return closeChannel(this.channel);
  }

  private listen(): void {
    const { channel, listener } = this;
    let fault: unknown;
    channel.on('error', (error) => (fault = error));
    channel.on('handler-error', (error) =>
      listener.onDegraded(`an answer of the broker could not be told: ${error.message}`),
    );
    channel.on('close', () => {
      this.end();
      this.onLost(fault);
    });
    channel.on('ack', ({ deliveryTag, multiple }) => this.settle(deliveryTag, multiple, this.confirm));
    channel.on('nack', ({ deliveryTag, multiple }) => this.settle(deliveryTag, multiple, this.refuse));
    channel.on('return', (message) => this.returns.add(message));
    channel.on('drain', () => this.flow(true));
    this.writer = PublishWriter.on(channel, (flowing) => this.flow(flowing));
    if (!this.writer)
      listener.onDegraded('this amqplib is built otherwise: messages are encoded and written one by one');
  }

  private publish({ exchange, routingKey, body, ...message }: OutgoingMessage): boolean {
    return this.channel.publish(exchange, routingKey, body, { persistent: true, ...message });
  }

  private flow(flowing: boolean): void {
    this.flowing = flowing && !this.ended;
    if (this.flowing) this.listener.onProgress();
  }

  /** At once: the number of the channel may be given to another. */
  private end(): void {
    this.ended = true;
    this.flowing = false;
    this.writer?.discard();
  }

  private settle(tag: number, multiple: boolean, each: (pending: Pending) => void): void {
    this.confirms.settle(tag, multiple, each);
    if (this.isRetiring && this.confirms.oldest === undefined) void this.close();
    this.listener.onProgress();
  }

  private readonly confirm = (pending: Pending): void => {
    const returned = this.returns.take(pending.message);
    if (pending.givenUp) return;
    if (returned === undefined) answer(pending.done);
    else answer(pending.done, { kind: 'returned', reason: returned });
  };

  private readonly refuse = (pending: Pending): void => {
    this.listener.onRefused();
    if (pending.givenUp) return;
    answer(pending.done, {
      kind: 'nacked',
      reason: `a queue behind exchange "${pending.message.exchange}" refused it`,
    });
  };
}
