import { isDatabaseAway } from '../store/database';
import type { LedgerEvents } from '../ledger-events';
import type { Locks } from '../store/locks';

/** Something that the ledger does again and again; one file each. */
export interface Duty {
  /** As it is called in logs and health, e.g. `relay`. */
  readonly name: string;
  /** Milliseconds between the end of one run and the next. */
  readonly everyMs: number;
  /** Whether of several producers only one may do it at a time. */
  readonly alone: boolean;
  /** It speaks through the ledger's own queues, and begins when they are there. Default false. */
  readonly afterQueues?: boolean;
  /** `more`: there was more to do than one run takes; it is called again at once. Ends early when the signal is aborted. */
  run(signal: AbortSignal): Promise<'more' | 'done'>;
}

const LONGEST_WAIT_MS = 10_000;

/**
 * Runs one duty until it is stopped. A failure is stated and the duty goes on, more slowly while it keeps failing: a
 * database that is away for a minute ends no duty.
 */
export class DutyRunner {
  private readonly ending = new AbortController();
  private wakeUp: (() => void) | undefined;
  /** Called for since its last run began. */
  private woken = false;
  private failures = 0;
  private loop: Promise<void> | undefined;
  /** Milliseconds since 1970 of its last run that went well; for health. */
  lastRunAt: number | undefined;

  constructor(
    readonly duty: Duty,
    private readonly locks: Locks,
    private readonly events: LedgerEvents,
  ) {}

  start(): void {
    this.loop ??= this.go();
  }

  /** Runs it now instead of at its time; once more when it is just running. */
  wake(): void {
    this.woken = true;
    this.wakeUp?.();
  }

  async stop(): Promise<void> {
    this.ending.abort();
    this.wake();
    await this.loop;
  }

  private async go(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      const more = await this.runOnce(signal);
      if (!more) await this.pause(Math.min(LONGEST_WAIT_MS, this.duty.everyMs * 2 ** this.failures));
    }
  }

  private async runOnce(signal: AbortSignal): Promise<boolean> {
    this.woken = false;
    try {
      const end = this.duty.alone ? await this.runAlone(signal) : await this.duty.run(signal);
      this.failures = 0;
      this.lastRunAt = Date.now();
      return end === 'more';
    } catch (error) {
      this.failures = Math.min(10, this.failures + 1);
      this.events.failed(`duty ${this.duty.name}`, error, isDatabaseAway(error));
      return false;
    }
  }

  private async runAlone(signal: AbortSignal): Promise<'more' | 'done'> {
    const { name } = this.duty;
    if (!(await this.locks.tryHold(name))) return 'done';
    try {
      return await this.duty.run(signal);
    } finally {
      await this.locks.release(name);
    }
  }

  private async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.woken || this.ending.signal.aborted) this.wakeUp();
    });
    this.wakeUp = undefined;
  }
}
