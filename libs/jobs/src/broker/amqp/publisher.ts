import type { ChannelModel } from 'amqplib';
import type { OutgoingMessage } from '../../contracts/message';
import type { PublishDone, PublishFailure, Publisher, PublisherOptions } from '../broker';
import { answer, answerLater } from './answer';
import { brokerErrorOf, faultOf, sizeLimitOf } from './broker-error';
import type { Pending } from './confirms';
import { keepOpen } from './keep-open';
import type { Link } from './link';
import type { ResolvedAmqpOptions } from './options';
import { Outlet } from './outlet';
import { OutletCare } from './outlet-care';
import { OutgoingBuffer } from './outgoing-buffer';
import { within } from '../../lifecycle/pause';
import { RefusedExchanges } from './refused-exchanges';

const DEFAULT_WINDOW = 2_000;
const DEFAULT_BUFFER_MESSAGES = 20_000;
const DEFAULT_BUFFER_BYTES = 64 * 1024 * 1024;
const DEFAULT_DEADLINE_MS = 30_000;
/** Most bytes of bodies sent and not confirmed, so that a window of large ones does not fill the memory. */
const WINDOW_BYTES = 16 * 1024 * 1024;
/** One timer serves all deadlines and looks no more often than this, in milliseconds. */
const SWEEP_MS = 20;
/** How long closing the channel may take, in milliseconds. */
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

/** A confirm channel of its own that is opened again after every loss, and a bounded buffer before it. */
export class AmqpPublisher implements Publisher {
  private readonly window: number;
  private readonly deadlineMs: number;
  private readonly buffer: OutgoingBuffer;
  private readonly refusals: RefusedExchanges;
  private readonly care: OutletCare;
  private readonly ending = new AbortController();
  private outlet: Outlet | undefined;
  /** Bytes of a body; known once the broker has refused a larger one. */
  private mostBytes = Number.POSITIVE_INFINITY;
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
    this.care = new OutletCare(context.link, context.options, {
      outlet: () => this.outlet,
      pending: () => this.pending,
      lose: (outlet, reason) => this.lose(outlet, reason),
      report: (reason) => this.report(reason),
    });
  }

  get pending(): number {
    return (this.outlet?.open ?? 0) + this.buffer.length;
  }

  open(): void {
    const { link, options } = this.context;
    this.cancelLinkListener = link.onChange(() => this.pump());
    void keepOpen({
      link: () => link,
      clock: options.clock,
      random: options.random,
      signal: this.ending.signal,
      open: (model) => this.openOutlet(model),
      onFault: (error) => {
        if (link.model) this.report(brokerErrorOf(error, PUBLISHING).message);
      },
    });
  }

  publish(message: OutgoingMessage, done: PublishDone): void {
    if (this.closed) return answerLater(done, { kind: 'stopped', reason: 'the publisher is closed' });
    const { clock } = this.context.options;
    const pending: Pending = { message, done, expiresAt: clock.now() + this.deadlineMs, givenUp: false };
    const sent = this.buffer.length === 0 && this.send(pending);
    if (!sent && !this.buffer.add(pending)) {
      const reason = `the buffer holds ${this.buffer.length} messages and takes no more`;
      return answerLater(done, { kind: 'full', reason });
    }
    this.planSweep();
    this.care.published();
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
    this.progress();
    await within(clock, deadlineMs, idle);
    this.ending.abort();
    this.cancelSweep?.();
    this.care.end();
    this.cancelLinkListener?.();
    const { outlet } = this;
    this.lose(outlet, 'the publisher was closed before the confirm');
    for (let left = this.buffer.shift(); left; left = this.buffer.shift()) {
      answer(left.done, { kind: 'stopped', reason: 'the publisher was closed before it was sent' });
    }
    this.buffer.wake();
    this.context.onClosed(this);
    if (outlet) await within(clock, CLOSE_MS, outlet.close());
  }

  private async openOutlet(model: ChannelModel): Promise<{ lost: Promise<unknown> }> {
    await this.context.topologyReady();
    const { clock } = this.context.options;
    const outlet = await Outlet.open(model, this.window, clock.now(), {
      onProgress: () => this.progress(),
      onRefused: () => this.care.refused(),
      onDegraded: (reason) => this.context.options.events.emit({ event: 'broker.degraded', reason }),
    });
    if (this.ending.signal.aborted) return { lost: outlet.close() };
    // Both may come in one read: the answer that it is open, and the end of the connection.
    if (this.context.link.model !== model) throw new Error('the connection was lost while a channel was opened');
    this.outlet = outlet;
    this.care.opened();
    this.pump();
    return { lost: outlet.lost.then((fault) => this.lost(outlet, fault)) };
  }

  private async lost(outlet: Outlet, fault: unknown): Promise<void> {
    if (this.outlet !== outlet) return;
    if (fault === undefined) return this.lose(outlet, 'the connection was lost before the confirm');
    const { message: reason, field } = brokerErrorOf(fault, PUBLISHING);
    const { code } = faultOf(fault);
    this.mostBytes = sizeLimitOf(fault) ?? this.mostBytes;
    if (code === 403 || code === 404) this.refusals.note(field ?? '', reason);
    this.lose(outlet, `the channel was closed before the confirm: ${reason}`);
    this.report(reason);
    if (code === 404) await this.context.repairTopology();
  }

  private lose(outlet: Outlet | undefined, reason: string): void {
    this.outlet = undefined;
    outlet?.abandon((message) => this.tooLarge(message) ?? { kind: 'unknown', reason });
    this.progress();
  }

  /** True when it is off our hands; false when it must wait here. */
  private send(pending: Pending): boolean {
    const { outlet } = this;
    if (!outlet || !this.maySend(outlet)) return false;
    const refused = this.refusal(pending.message);
    const result = refused ?? outlet.send(pending);
    if (result === 'later') return false;
    if (result !== 'sent') answerLater(pending.done, result);
    return true;
  }

  /** What is known to close the channel is not sent. */
  private refusal(message: OutgoingMessage): PublishFailure | undefined {
    const reason = this.refusals.reasonFor(message.exchange);
    return reason === undefined ? this.tooLarge(message) : { kind: 'returned', reason };
  }

  private tooLarge({ body }: OutgoingMessage): PublishFailure | undefined {
    if (body.length <= this.mostBytes) return undefined;
    const reason = `it has ${body.length} bytes; the broker takes ${this.mostBytes} (max_message_size)`;
    return { kind: 'unsendable', reason, limitBytes: this.mostBytes };
  }

  /** While the broker blocks us messages stay here, where it is certain that they were not sent. */
  private maySend({ flowing, isRetiring, open, openBytes }: Outlet): boolean {
    return (
      flowing &&
      !isRetiring &&
      open < this.window &&
      openBytes < WINDOW_BYTES &&
      this.context.link.blocked === undefined
    );
  }

  private pump(): void {
    for (let next = this.buffer.first(); next && this.send(next); next = this.buffer.first()) this.buffer.shift();
  }

  private progress(): void {
    if (this.buffer.length > 0) this.pump();
    if (this.onIdle && this.pending === 0) this.onIdle();
  }

  /** The next look at the deadlines: when the first is due. They come in order, as all have the same length. */
  private planSweep(): void {
    if (this.cancelSweep || this.deadlineMs === Infinity) return;
    const next = this.outlet?.nextDeadline() ?? this.buffer.first()?.expiresAt;
    if (next === undefined) return;
    const { clock } = this.context.options;
    this.cancelSweep = clock.after(Math.max(SWEEP_MS, next - clock.now()), () => {
      this.cancelSweep = undefined;
      this.sweep(clock.now());
      this.planSweep();
    });
  }

  private sweep(now: number): void {
    const late = (what: string) => `its deadline of ${this.deadlineMs} ms passed before ${what}`;
    this.outlet?.expire(now, late('the confirm'));
    for (let next = this.buffer.first(); next && next.expiresAt <= now; next = this.buffer.first()) {
      this.buffer.shift();
      answer(next.done, { kind: 'expired', reason: late('it could be sent') });
    }
    this.progress();
  }

  private report(reason: string): void {
    this.context.options.events.emit({ event: 'channel.closed', reason });
  }
}

const PUBLISHING = { operation: 'publish', name: 'an exchange' } as const;
