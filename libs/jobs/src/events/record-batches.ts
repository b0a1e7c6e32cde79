import type { Publisher } from '../broker/broker';
import type { RecordedEvent } from '../contracts/job-events';
import type { Clock } from '../lifecycle/clock';
import { within } from '../lifecycle/pause';
import type { Names } from '../topology/names';
import type { EventSink } from './event-bus';
import { recordMessage } from './record-message';

const MAX_LINES = 500;
const MAX_CHARS = 512 * 1024;
/** Beyond this the oldest records are given up: history is bounded, jobs are not touched. */
const MAX_WAITING_CHARS = 64 * 1024 * 1024;
/** For what comes in one moment; under load they gather while a batch is under way. */
const GATHER_MS = 1;
const REPEAT_MS = 500;

/**
 * Records that nothing waits for: submitted, started, progress, logs. They gather for a moment, and for as long as a batch is
 * under way; they go out together, one batch at a time, and are repeated until the broker has confirmed them.
 */
export class RecordBatches {
  private waiting: string[] = [];
  private waitingChars = 0;
  private timer: (() => void) | undefined;
  private inFlight = false;
  /** Lines that have left `waiting`, since ever. */
  private taken = 0;
  /** Who wants to know of a line, by its number since ever. */
  private asking: { line: number; confirmed: () => void }[] = [];
  private idle: (() => void)[] = [];

  constructor(
    private readonly publisher: Publisher,
    private readonly names: Names,
    private readonly clock: Clock,
    private readonly events: EventSink,
  ) {}

  /** `onConfirmed` is called once the broker has it; never, if it is given up. */
  add(event: RecordedEvent, onConfirmed?: () => void): void {
    const line = JSON.stringify(event);
    this.waiting.push(line);
    if (onConfirmed) this.asking.push({ line: this.taken + this.waiting.length, confirmed: onConfirmed });
    this.waitingChars += line.length;
    if (this.waitingChars > MAX_WAITING_CHARS) this.giveUpOldest();
    if (this.inFlight) return;
    if (this.waiting.length >= MAX_LINES || this.waitingChars >= MAX_CHARS) this.send();
    else this.timer ??= this.clock.after(GATHER_MS, () => this.send());
  }

  /** Resolves when all that was added is confirmed. */
  async flush(): Promise<void> {
    if (this.waiting.length === 0 && !this.inFlight) return;
    if (!this.inFlight) this.send();
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  /** Publishes what is left until the deadline, then closes its publisher. */
  async close(deadlineMs: number): Promise<void> {
    await within(this.clock, deadlineMs, this.flush());
    await this.publisher.close(0);
  }

  private send(): void {
    this.timer?.();
    this.timer = undefined;
    if (this.inFlight || this.waiting.length === 0) return;
    const lines = this.takeBatch();
    this.inFlight = true;
    this.publish(lines, this.taken);
  }

  private publish(lines: string[], upTo: number): void {
    this.publisher.publish(recordMessage(this.names, lines), (failure) => {
      // It can never be sent, and would stand before all others for ever. It is a line alone: see takeBatch.
      const hopeless = failure?.kind === 'unsendable';
      if (hopeless) this.events.emit({ event: 'record.failed', reason: `a record is given up: ${failure.reason}` });
      if (failure && failure.kind !== 'stopped' && !hopeless) {
        this.events.emit({ event: 'record.failed', reason: failure.reason });
        this.clock.after(REPEAT_MS, () => this.publish(lines, upTo));
        return;
      }
      this.inFlight = false;
      if (!failure) this.tell(upTo);
      else if (hopeless) this.asking = this.asking.filter(({ line }) => line > upTo);
      if (this.waiting.length > 0 && (!failure || hopeless)) return this.send();
      this.idle.splice(0).forEach((resolve) => resolve());
    });
  }

  private takeBatch(): string[] {
    let chars = 0;
    let count = 0;
    while (count < this.waiting.length && count < MAX_LINES) {
      const next = this.waiting[count]?.length ?? 0;
      // A line that is larger than a batch goes alone: should it be refused, it takes no other with it.
      if (count > 0 && chars + next > MAX_CHARS) break;
      chars += next;
      count += 1;
    }
    this.waitingChars -= chars;
    this.taken += count;
    return this.waiting.splice(0, count);
  }

  private tell(upTo: number): void {
    while (this.asking[0] && this.asking[0].line <= upTo) this.asking.shift()?.confirmed();
  }

  private giveUpOldest(): void {
    const before = this.taken;
    const given = this.takeBatch();
    this.asking = this.asking.filter(({ line }) => line <= before || line > this.taken);
    this.events.emit({
      event: 'record.failed',
      reason: `${given.length} records given up: the broker takes none and memory is bounded`,
    });
  }
}
