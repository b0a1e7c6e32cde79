import { BEAT_MS, LEASE_MS } from '../contracts/control';
import type { Clock } from '../lifecycle/clock';

/** A heartbeat comes late by this much at most while the process is well. */
const LATE_MS = 2_000;

/**
 * How long this worker may count on being counted in. The ledger takes a worker for gone some time after its last
 * heartbeat, and then gives away what it thinks nobody can start any more; the lease ends well before.
 */
export class Lease {
  /** When the last heartbeat that is confirmed was made; undefined: none counts. */
  private confirmedAt: number | undefined;
  /** Heartbeats made before count no more. */
  private endedAt = Number.NEGATIVE_INFINITY;
  private tickedAt: number;

  constructor(private readonly clock: Clock) {
    this.tickedAt = clock.now();
  }

  /** A heartbeat made then has reached the broker. */
  confirm(madeAt: number): void {
    if (madeAt >= this.endedAt) this.confirmedAt = Math.max(madeAt, this.confirmedAt ?? madeAt);
  }

  /** What was told so far counts no more, also when it is confirmed later. */
  end(): void {
    this.endedAt = this.clock.now();
    this.confirmedAt = undefined;
  }

  get holds(): boolean {
    if (this.confirmedAt === undefined) return false;
    const age = this.clock.now() - this.confirmedAt;
    return age >= 0 && age <= LEASE_MS;
  }

  /** It is looked at the clock, as at every heartbeat. */
  tick(): void {
    this.tickedAt = this.clock.now();
  }

  /**
   * For how long, in milliseconds, nobody looked at the clock although a heartbeat was due: this process was stopped, or
   * its machine slept. Undefined while all is well. A clock that was set back is a gap too.
   */
  get gapMs(): number | undefined {
    const sinceMs = this.clock.now() - this.tickedAt;
    return sinceMs < 0 || sinceMs > BEAT_MS + LATE_MS ? sinceMs : undefined;
  }
}
