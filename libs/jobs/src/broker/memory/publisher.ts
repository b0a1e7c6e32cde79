import type { OutgoingMessage } from '../../contracts/message';
import type { PublishDone, PublishFailure, Publisher, PublisherOptions } from '../broker';
import type { Link, MemoryClient } from './client';
import { Fifo } from './fifo';
import { guarded } from './guarded';
import { wireFault } from './wire-limits';
import type { Verdict } from './world';

interface Entry {
  message: OutgoingMessage;
  done: PublishDone;
  /** When it is given up; never earlier than that of the entry before it. */
  dueMs: number;
}

const DEFAULTS: Required<PublisherOptions> = {
  window: 2_000,
  bufferMessages: 20_000,
  bufferBytes: 64 * 1024 * 1024,
  deadlineMs: 30_000,
};

export class MemoryPublisher implements Publisher, Link {
  private readonly options: Required<PublisherOptions>;
  private readonly buffered = new Fifo<Entry>();
  private bufferedBytes = 0;
  /** On the wire or at the broker, not confirmed yet. */
  private readonly sent = new Set<Entry>();
  /** Raised when its channel is lost: answers of an older channel do not count. */
  private epoch = 0;
  private closing?: Promise<void>;
  private readonly waitingForRoom: (() => void)[] = [];
  private drained?: () => void;
  private takeBackAlarm?: () => void;

  constructor(
    private readonly client: MemoryClient,
    options: PublisherOptions,
  ) {
    this.options = { ...DEFAULTS, ...options };
  }

  get pending(): number {
    return this.buffered.size + this.sent.size;
  }

  publish(message: OutgoingMessage, done: PublishDone): void {
    const failure = this.refusal(message);
    if (failure) return this.client.world.turns.soon(() => tell(done, failure));
    const { headers } = message;
    const dueMs = this.client.world.time.now() + this.options.deadlineMs;
    this.buffered.push({ message: { ...message, headers: headers && { ...headers } }, done, dueMs });
    this.bufferedBytes += message.body.length;
    this.send();
    this.watchDeadline();
  }

  whenRoom(): Promise<void> {
    return this.hasRoom(0) ? Promise.resolve() : new Promise((resolve) => this.waitingForRoom.push(resolve));
  }

  close(deadlineMs: number): Promise<void> {
    this.closing ??= this.drain(deadlineMs);
    return this.closing;
  }

  end(deadlineMs: number): Promise<void> {
    return this.close(deadlineMs);
  }

  connected(): void {
    this.send();
  }

  lost(reason: string): void {
    this.epoch += 1;
    for (const entry of [...this.sent]) this.finish(entry, { kind: 'unknown', reason });
  }

  private refusal(message: OutgoingMessage): PublishFailure | undefined {
    if (this.closing) return { kind: 'stopped', reason: 'the publisher is closed' };
    const fault = wireFault(message);
    if (fault) return { kind: 'unsendable', reason: fault };
    if (this.sendsAtOnce() || this.hasRoom(message.body.length)) return undefined;
    return { kind: 'full', reason: `${this.buffered.size} messages wait to be sent` };
  }

  private sendsAtOnce(): boolean {
    return this.buffered.size === 0 && this.maySend();
  }

  private maySend(): boolean {
    return this.client.state.name === 'connected' && this.sent.size < this.options.window;
  }

  /** One message alone always has room, however large it is. */
  private hasRoom(bytes: number): boolean {
    const { bufferMessages, bufferBytes } = this.options;
    if (this.buffered.size >= bufferMessages) return false;
    return this.buffered.size === 0 || this.bufferedBytes + bytes < bufferBytes;
  }

  private send(): void {
    while (this.maySend()) {
      const entry = this.unbuffer();
      if (!entry) return;
      this.sent.add(entry);
      this.transmit(entry);
    }
  }

  private unbuffer(): Entry | undefined {
    const entry = this.buffered.shift();
    if (entry) this.bufferedBytes -= entry.message.body.length;
    if (this.waitingForRoom.length > 0 && this.hasRoom(0)) {
      for (const resolve of this.waitingForRoom.splice(0)) resolve();
    }
    return entry;
  }

  /** One turn to the broker, one turn back. */
  private transmit(entry: Entry): void {
    const { turns } = this.client.world;
    const { epoch } = this;
    turns.soon(() => {
      if (epoch !== this.epoch) return;
      const verdict = this.client.world.publish(entry.message);
      turns.soon(() => {
        if (epoch === this.epoch) this.answer(entry, verdict);
      });
    });
  }

  private answer(entry: Entry, verdict: Verdict): void {
    switch (verdict.kind) {
      case 'confirmed':
        return this.finish(entry);
      case 'returned':
      case 'nacked':
        return this.finish(entry, verdict as PublishFailure);
      case 'channel_closed':
        this.lost(verdict.reason);
        this.client.repair();
        return this.client.world.turns.soon(() => this.send());
    }
  }

  private finish(entry: Entry, failure?: PublishFailure): void {
    if (!this.sent.delete(entry)) return;
    tell(entry.done, failure);
    this.send();
    this.noticeDrained();
  }

  private noticeDrained(): void {
    if (this.pending > 0) return;
    this.takeBackAlarm?.();
    this.takeBackAlarm = undefined;
    this.drained?.();
  }

  private watchDeadline(): void {
    const [oldestSent] = this.sent;
    const dueMs = Math.min(oldestSent?.dueMs ?? Infinity, this.buffered.peek()?.dueMs ?? Infinity);
    if (this.takeBackAlarm || dueMs === Infinity) return;
    const { time } = this.client.world;
    this.takeBackAlarm = time.after(Math.max(0, dueMs - time.now()), () => {
      this.takeBackAlarm = undefined;
      this.giveUp((entry) => entry.dueMs <= time.now(), 'expired', 'the deadline passed');
      this.watchDeadline();
    });
  }

  private giveUp(isDue: (entry: Entry) => boolean, unsent: 'expired' | 'stopped', reason: string): void {
    // First what is buffered: what fails on the wire must not make room for it.
    for (let entry = this.buffered.peek(); entry && isDue(entry); entry = this.buffered.peek()) {
      this.unbuffer();
      tell(entry.done, { kind: unsent, reason: `${reason} before it was sent` });
    }
    for (const entry of [...this.sent]) {
      if (isDue(entry)) this.finish(entry, { kind: 'unknown', reason: `${reason} before the confirm` });
    }
    this.noticeDrained();
  }

  private async drain(deadlineMs: number): Promise<void> {
    if (this.pending > 0) {
      await new Promise<void>((resolve) => {
        const takeBack = this.client.world.time.after(deadlineMs, resolve);
        this.drained = () => {
          takeBack();
          resolve();
        };
      });
    }
    this.giveUp(() => true, 'stopped', 'the publisher was closed');
    this.client.forget(this);
  }
}

function tell(done: PublishDone, failure?: PublishFailure): void {
  guarded('A publish callback', () => done(failure));
}
