import type { Run } from './run';

/** How many settled attempts are remembered, for redeliveries of what was settled when the channel was lost. */
const REMEMBERED = 10_000;

/**
 * The attempts that run here, and those just settled. A redelivery of one of them takes over that run instead of
 * running the job beside its twin.
 */
export class Runs {
  private readonly open = new Map<string, Run>();
  private readonly settled = new Set<string>();
  /** The same keys by age: taking the oldest out of a set means walking over all that left before it. */
  private readonly byAge = new Array<string | undefined>(REMEMBERED);
  private next = 0;

  /**
   * The run that stands for this delivery: this one when it is new, its twin when the same attempt is under way here
   * (the delivery is settled with it), or `settled` when it is over and only its acknowledgement was lost.
   */
  enter(run: Run): Run | 'settled' {
    if (!run.job.identity) return run;
    const { key } = run;
    const twin = this.open.get(key);
    if (twin) {
      twin.deliveries.push(...run.deliveries);
      return twin;
    }
    if (run.message.redelivered && this.settled.has(key)) return 'settled';
    this.open.set(key, run);
    return run;
  }

  /** The attempt will never come again: `over`. It comes again by design (deferred, suspected, handed back): not over. */
  leave(run: Run, over: boolean): void {
    if (!run.job.identity) return;
    this.open.delete(run.key);
    if (over) this.remember(run.key);
  }

  /** Whether this very run is still open here. */
  has(run: Run): boolean {
    return this.open.get(run.key) === run;
  }

  all(): IterableIterator<Run> {
    return this.open.values();
  }

  get size(): number {
    return this.open.size;
  }

  private remember(key: string): void {
    const oldest = this.byAge[this.next];
    if (oldest !== undefined) this.settled.delete(oldest);
    this.byAge[this.next] = key;
    this.next = (this.next + 1) % REMEMBERED;
    this.settled.add(key);
  }
}
