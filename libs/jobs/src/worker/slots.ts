import type { QueueOptions } from './worker-options';

/** Which types of a queue have a cap of their own in this worker. */
export type CapOf = (type: string) => number;

/**
 * The slots of one queue in this worker: its own concurrency, or its share of the queue's cap across all workers where
 * that is less. A share that shrinks takes no slot away from what runs: nothing new gets one until there are fewer.
 */
export class Slots {
  private running = 0;
  private share: number | undefined;
  /** Suspects that run: one at a time, whatever else does. */
  private suspects = 0;
  private keptOne = false;
  private readonly byType = new Map<string, number>();

  constructor(
    private readonly own: Pick<Required<QueueOptions>, 'concurrency' | 'prefetch'>,
    /** Undefined where no type has a cap. */
    private readonly capOf: CapOf | undefined,
  ) {}

  /** @param share undefined where the queue has no cap across workers */
  grant(share: number | undefined): void {
    this.share = share;
  }

  /** How many jobs may run here at a time. */
  get most(): number {
    return Math.min(this.own.concurrency, this.share ?? this.own.concurrency);
  }

  get taken(): number {
    return this.running;
  }

  get free(): boolean {
    const kept = this.keptOne && !this.suspectRuns ? 1 : 0;
    return this.running < this.most - kept;
  }

  /** Whether one is free in which a suspect may run, kept for it or not. */
  get freeForSuspect(): boolean {
    return !this.suspectRuns && this.running < this.most;
  }

  get keepsOne(): boolean {
    return this.keptOne;
  }

  /** One slot is for the next suspect, and for nothing else. */
  keepOne(kept: boolean): void {
    this.keptOne = kept;
  }

  get suspectRuns(): boolean {
    return this.suspects > 0;
  }

  /** What a level may hold, in proportion to the slots: what is held here no other worker can run. */
  get prefetch(): number {
    return Math.max(1, Math.ceil((this.own.prefetch * this.most) / this.own.concurrency));
  }

  /** As heartbeats have it. */
  get told(): { most: number; taken: number } {
    return { most: this.own.concurrency, taken: this.running };
  }

  /** Whether each delivery has to be looked at before one is chosen. */
  get byTypes(): boolean {
    return this.capOf !== undefined;
  }

  /** Whether one more job of this type may run, as far as its type goes. */
  mayRun(type: string): boolean {
    return this.capOf === undefined || (this.byType.get(type) ?? 0) < this.capOf(type);
  }

  take(type: string, suspect: boolean): void {
    this.running++;
    if (suspect) this.suspects++;
    this.count(type, 1);
  }

  /** @returns whether more ran than may: the ledger waits to hear that there is one less */
  release(type: string, suspect: boolean): boolean {
    const over = this.running > this.most;
    this.running--;
    if (suspect) this.suspects--;
    this.count(type, -1);
    return over;
  }

  private count(type: string, by: number): void {
    if (this.capOf) this.byType.set(type, (this.byType.get(type) ?? 0) + by);
  }
}
