import type { ChannelModel, ConfirmChannel, Options } from 'amqplib';
import type { OutgoingMessage } from '../../contracts/message';
import type { PublishDone, Publisher, PublisherOptions, PublishFailure } from '../broker';
import { brokerErrorOf, faultOf } from './broker-error';
import { type Pending, Confirms } from './confirms';
import { keepOpen } from './keep-open';
import type { Link } from './link';
import type { ResolvedAmqpOptions } from './options';
import { OutgoingBuffer } from './outgoing-buffer';
import { within } from './pause';
import { PublishWriter } from './publish-writer';
import { RefusedExchanges } from './refused-exchanges';
import { Returns } from './returns';

const DEFAULT_WINDOW = 2_000;
const DEFAULT_BUFFER_MESSAGES = 20_000;
const DEFAULT_BUFFER_BYTES = 64 * 1024 * 1024;
const DEFAULT_DEADLINE_MS = 30_000;
/** Bytes of bodies sent and not confirmed; amqplib copies each, so a window of large ones is bounded by bytes. */
const WINDOW_BYTES = 16 * 1024 * 1024;
/** One timer serves all deadlines and looks no more often than this, in milliseconds. */
const SWEEP_MS = 20;
/** How long closing an idle channel may take, in milliseconds. */
const CLOSE_MS = 2_000;

export interface PublisherContext {
  link: Link;
  options: ResolvedAmqpOptions;
  /** Resolves when the topology is there again after a reconnect. */
  topologyReady: () => Promise<unknown>;
  /** Makes the topology anew after an exchange was found missing. */
  repairTopology: () => Promise<unknown>;
  onClosed: (publisher: AmqpPublisher) => void;
}

/** A confirm channel of its own, a window of what is unconfirmed, and a bounded buffer before it. */
export class AmqpPublisher implements Publisher {
  private readonly window: number;
  private readonly deadlineMs: number;
  private readonly buffer: OutgoingBuffer;
  private readonly ending = new AbortController();
  /** Fields are set anew for each message: amqplib reads them before it returns. */
  private readonly properties: Options.Publish = { persistent: true };
  private channel: ConfirmChannel | undefined;
  private writer: PublishWriter | undefined;
  private confirms = new Confirms();
  private returns = new Returns();
  private readonly refusals: RefusedExchanges;
  /** False from the moment amqplib's own buffer is full until it has drained. */
  private flowing = true;
  private cancelSweep: (() => void) | undefined;
  private cancelLinkListener: (() => void) | undefined;
  private closed: Promise<void> | undefined;
  private onIdle: (() => void) | undefined;

  constructor(
    private readonly context: PublisherContext,
    limits: PublisherOptions,
  ) {
    this.window = limits.window ?? DEFAULT_WINDOW;
    this.deadlineMs = limits.deadlineMs ?? DEFAULT_DEADLINE_MS;
    this.buffer = new OutgoingBuffer(
      limits.bufferMessages ?? DEFAULT_BUFFER_MESSAGES,
      limits.bufferBytes ?? DEFAULT_BUFFER_BYTES,
    );
    this.refusals = new RefusedExchanges(context.options.clock);
  }

  get pending(): number {
    return this.confirms.open + this.buffer.length;
  }

  open(): void {
    const { link, options } = this.context;
    this.cancelLinkListener = link.onChange(() => this.pump());
    void keepOpen({
      link,
      clock: options.clock,
      random: options.random,
      signal: this.ending.signal,
      open: (model) => this.openChannel(model),
      onFault: () => undefined,
    });
  }

  publish(message: OutgoingMessage, done: PublishDone): void {
    if (this.closed) return later(done, { kind: 'stopped', reason: 'the publisher is closed' });
    const pending: Pending = {
      message,
      done,
      expiresAt: this.context.options.clock.now() + this.deadlineMs,
      givenUp: false,
    };
    const sent = this.buffer.length === 0 && this.maySend() && this.send(pending);
    if (!sent && !this.buffer.add(pending)) {
      return later(done, { kind: 'full', reason: `the buffer holds ${this.buffer.length} messages and takes no more` });
    }
    this.planSweep();
  }

  whenRoom(): Promise<void> {
    return this.closed ? Promise.resolve() : this.buffer.whenRoom();
  }

  close(deadlineMs: number): Promise<void> {
    return (this.closed ??= this.shutDown(deadlineMs));
  }

  private async shutDown(deadlineMs: number): Promise<void> {
    const { clock } = this.context.options;
    const idle = new Promise<void>((resolve) => (this.onIdle = resolve));
    this.answered();
    await within(clock, deadlineMs, idle);
    this.ending.abort();
    this.cancelSweep?.();
    this.cancelLinkListener?.();
    const { channel } = this;
    this.lose('the publisher was closed before it was confirmed');
    for (let left = this.buffer.shift(); left; left = this.buffer.shift()) {
      tell(left.done, { kind: 'stopped', reason: 'the publisher was closed before it was sent' });
    }
    this.buffer.wake();
    this.context.onClosed(this);
    if (channel) await within(clock, CLOSE_MS, channel.close());
  }

  private async openChannel(model: ChannelModel): Promise<{ lost: Promise<void> }> {
    await this.context.topologyReady();
    const channel = await model.createConfirmChannel({ highWaterMark: this.window });
    if (this.ending.signal.aborted) return { lost: channel.close() };
    let fault: unknown;
    channel.on('error', (error) => (fault = error));
    channel.on('handler-error', () => undefined);
    channel.on('ack', ({ deliveryTag, multiple }) => this.settle(deliveryTag, multiple, this.confirm));
    channel.on('nack', ({ deliveryTag, multiple }) => this.settle(deliveryTag, multiple, this.refuse));
    channel.on('return', (message) => this.returns.add(message));
    channel.on('drain', () => this.flow(true));
    this.writer = PublishWriter.on(channel, (flowing) => this.flow(flowing));
    if (!this.writer) {
      const reason = 'this amqplib is built otherwise: messages are encoded and written one by one';
      this.context.options.events.emit({ event: 'broker.degraded', reason });
    }
    const lost = new Promise<void>((resolve) => {
      channel.on('close', () => void this.afterLoss(channel, fault).then(resolve, resolve));
    });
    this.channel = channel;
    this.pump();
    return { lost };
  }

  private async afterLoss(channel: ConfirmChannel, fault: unknown): Promise<void> {
    if (this.channel !== channel) return;
    if (fault === undefined) return this.lose('the connection was lost before the confirm');
    const { message: reason, field } = brokerErrorOf(fault, { operation: 'publish', name: 'an exchange' });
    const { code } = faultOf(fault);
    if (code === 403 || code === 404) this.refusals.note(field ?? '', reason);
    this.lose(`the channel was closed before the confirm: ${reason}`);
    this.context.options.events.emit({ event: 'channel.closed', reason });
    if (code === 404) await this.context.repairTopology();
  }

  /** The channel is gone: what was sent on it may have arrived. */
  private lose(reason: string): void {
    const { confirms } = this;
    this.channel = undefined;
    this.writer?.discard();
    this.writer = undefined;
    this.confirms = new Confirms();
    this.returns = new Returns();
    this.flowing = true;
    confirms.drain((pending) => {
      if (!pending.givenUp) tell(pending.done, { kind: 'unknown', reason });
    });
    this.answered();
  }

  /** Whether the next message may go to the wire. While the broker blocks us it stays here, where its fate is certain. */
  private maySend(): boolean {
    return (
      this.channel !== undefined &&
      this.flowing &&
      this.confirms.open < this.window &&
      this.confirms.openBytes < WINDOW_BYTES &&
      this.context.link.blocked === undefined
    );
  }

  /** False when the channel has just ended: the message is to be kept. */
  private send(pending: Pending): boolean {
    const { channel } = this;
    if (!channel) return false;
    const { message } = pending;
    const refused = this.refusals.reasonFor(message.exchange);
    if (refused !== undefined) {
      later(pending.done, { kind: 'returned', reason: refused });
      return true;
    }
    try {
      if (this.writer) this.writer.write(message);
      else
        this.flowing = channel.publish(message.exchange, message.routingKey, message.body, this.propertiesOf(message));
    } catch (error) {
      if (error instanceof Error && error.name === 'IllegalOperationError') {
        // It ends just now; its `close` event accounts for what was sent.
        this.flowing = false;
        return false;
      }
      later(pending.done, { kind: 'unsendable', reason: error instanceof Error ? error.message : String(error) });
      return true;
    }
    this.confirms.add(pending);
    return true;
  }

  private flow(flowing: boolean): void {
    this.flowing = flowing;
    if (flowing) this.pump();
  }

  private propertiesOf(message: OutgoingMessage): Options.Publish {
    const { properties } = this;
    properties.mandatory = message.mandatory;
    properties.messageId = message.messageId;
    properties.type = message.type;
    properties.correlationId = message.correlationId;
    properties.contentType = message.contentType;
    properties.appId = message.appId;
    properties.timestamp = message.timestamp;
    properties.headers = message.headers;
    return properties;
  }

  private pump(): void {
    for (let next = this.buffer.first(); next && this.maySend(); next = this.buffer.first()) {
      if (!this.send(next)) return;
      this.buffer.shift();
    }
  }

  private settle(tag: number, multiple: boolean, each: (pending: Pending) => void): void {
    this.confirms.settle(tag, multiple, each);
    this.answered();
  }

  private readonly confirm = (pending: Pending): void => {
    const returned = this.returns.take(pending.message);
    if (pending.givenUp) return;
    if (returned === undefined) tell(pending.done);
    else tell(pending.done, { kind: 'returned', reason: returned });
  };

  private readonly refuse = (pending: Pending): void => {
    if (!pending.givenUp)
      tell(pending.done, {
        kind: 'nacked',
        reason: `a queue behind exchange "${pending.message.exchange}" refused it`,
      });
  };

  private answered(): void {
    if (this.buffer.length > 0) this.pump();
    if (this.onIdle && this.pending === 0) this.onIdle();
  }

  /** The next look at the deadlines: when the first is due. They are in order, as all have the same length. */
  private planSweep(): void {
    if (this.cancelSweep || this.deadlineMs === Infinity) return;
    const next = this.confirms.nextDeadline() ?? this.buffer.first()?.expiresAt;
    if (next === undefined) return;
    const { clock } = this.context.options;
    this.cancelSweep = clock.after(Math.max(SWEEP_MS, next - clock.now()), () => {
      this.cancelSweep = undefined;
      this.sweep(clock.now());
      this.planSweep();
    });
  }

  private sweep(now: number): void {
    this.confirms.expire(now, (pending) => tell(pending.done, { kind: 'unknown', reason: this.late('the confirm') }));
    for (let next = this.buffer.first(); next && next.expiresAt <= now; next = this.buffer.first()) {
      this.buffer.shift();
      tell(next.done, { kind: 'expired', reason: this.late('it could be sent') });
    }
    this.answered();
  }

  private late(what: string): string {
    return `its deadline of ${this.deadlineMs} ms passed before ${what}`;
  }
}

/** Never within the caller's own call of `publish`. */
function later(done: PublishDone, failure: PublishFailure): void {
  queueMicrotask(() => tell(done, failure));
}

/** A callback that throws must not cost the others their answer, nor the channel its life. */
function tell(done: PublishDone, failure?: PublishFailure): void {
  try {
    done(failure);
  } catch (error) {
    process.emitWarning(`A publish callback failed: ${error instanceof Error ? error.message : String(error)}`, {
      code: 'SCUTWORK_CALLBACK',
    });
  }
}
