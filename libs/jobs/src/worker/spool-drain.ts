import type { Publisher } from '../broker/broker';
import { confirmed } from '../broker/confirmed';
import { reasonOf } from '../contracts/reason';
import type { EventSink } from '../events/event-bus';
import { recordMessage } from '../events/record-message';
import type { Clock } from '../lifecycle/clock';
import type { Names } from '../topology/names';
import type { Spool } from './spool';
import type { WorkerSettings } from './worker-options';

const AGAIN_MS = 1_000;
const LINES_PER_MESSAGE = 500;

export interface SpoolDrainOptions {
  /** The worker's, for what is told. */
  name: string;
  clock: Clock;
  events: EventSink;
  /** Publishes what is on disk; resolves with how many outcomes that were. */
  drain: () => Promise<number>;
}

/**
 * Publishes the spool when it is asked to, and again each second until that works: what cannot be published stays on
 * disk. However often it is asked, one drain runs at a time, and one at most waits to.
 */
export class SpoolDrain {
  private state: 'idle' | 'draining' | 'asked_again' | 'waiting' | 'stopped' = 'idle';
  private stopTimer: (() => void) | undefined;

  constructor(private readonly options: SpoolDrainOptions) {}

  /** Never throws: what fails is told, and tried again. */
  now(): void {
    switch (this.state) {
      case 'idle':
      case 'waiting':
        this.stopTimer?.();
        void this.run();
        return;
      case 'draining':
        // It may have taken its files before the last one was written.
        this.state = 'asked_again';
        return;
      case 'asked_again':
      case 'stopped':
        return;
    }
  }

  /** A drain that is under way is left to end; no other follows it. */
  stop(): void {
    this.stopTimer?.();
    this.state = 'stopped';
  }

  private async run(): Promise<void> {
    const { name, events, drain } = this.options;
    this.state = 'draining';
    try {
      const outcomes = await drain();
      if (outcomes > 0) events.emit({ event: 'worker.unspooled', worker: name, outcomes });
      this.ended('idle');
    } catch (error) {
      if (this.isStopped()) return;
      events.emit({ event: 'record.failed', reason: `the spool is not published yet: ${reasonOf(error)}` });
      this.ended('waiting');
    }
  }

  private ended(next: 'idle' | 'waiting'): void {
    if (this.isStopped()) return;
    const askedAgain = this.state === 'asked_again';
    this.state = next;
    if (next === 'waiting') this.stopTimer = this.options.clock.after(AGAIN_MS, () => this.now());
    else if (askedAgain) this.now();
  }

  private isStopped(): boolean {
    return this.state === 'stopped';
  }
}

/** Undefined where there is no spool, or no ledger to tell. */
export function makeSpoolDrain(
  settings: WorkerSettings,
  publisher: Publisher,
  spool: Spool | undefined,
): SpoolDrain | undefined {
  const { name, clock, events, names, records } = settings;
  if (!spool || records === 'off') return undefined;
  const drain = (): Promise<number> => spool.drain((lines) => publishLines(publisher, names, lines));
  return new SpoolDrain({ name, clock, events, drain });
}

async function publishLines(publisher: Publisher, names: Names, lines: string[]): Promise<void> {
  for (let start = 0; start < lines.length; start += LINES_PER_MESSAGE) {
    const message = recordMessage(names, lines.slice(start, start + LINES_PER_MESSAGE));
    await confirmed(publisher, message, 'spooled outcomes cannot be published');
  }
}
