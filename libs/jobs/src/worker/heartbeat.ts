import { BEAT_MS, LEASE_MS } from '../contracts/control';
import type { Control } from '../control/control-stream';
import type { RecordBatches } from '../events/record-batches';
import { Lease } from './lease';
import type { WorkerSettings } from './worker-options';

/** A burst of changes is told in few heartbeats. */
const SOONEST_MS = 250;
/** Beyond this a heartbeat says only how many are held. */
const MOST_HELD_SAID = 1_000;

/** What a heartbeat tells of its worker. */
interface WorkerFacts {
  /** Ids of all jobs whose run is not settled. */
  running(): string[];
  held(): number;
  heldJobs(): string[];
  /** Of each queue: its own concurrency, and the slots that are taken. */
  slots(): Record<string, { most: number; taken: number }>;
}

export interface HeartbeatHost {
  control: Control;
  facts: WorkerFacts;
  /** Control must be read again: this process was not there for a while. */
  readControlAgain(): void;
  /** Jobs may be started again. */
  wake(): void;
}

/**
 * Tells the ledger every few seconds that this worker lives and what it does, and knows whether that is still believed:
 * where there is a ledger, nothing is started without a confirmed heartbeat of the last {@link LEASE_MS}.
 */
export class Heartbeat {
  private readonly lease: Lease;
  private held: 'not yet' | 'held' | 'lost' = 'not yet';
  private startedAt = 0;
  private lastAt = Number.NEGATIVE_INFINITY;
  private stopTimer: (() => void) | undefined;
  private stopSoon: (() => void) | undefined;
  private stopped = false;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly records: RecordBatches,
    private readonly host: HeartbeatHost,
  ) {
    this.lease = new Lease(settings.clock);
  }

  /** Beats at once, and from then on. */
  start(): void {
    this.startedAt = this.settings.clock.now();
    this.beat();
    this.schedule();
  }

  /** Once more, at once, or a moment after the last one. */
  soon(): void {
    if (this.stopSoon || this.stopped) return;
    const waitMs = Math.max(0, this.lastAt + SOONEST_MS - this.settings.clock.now());
    this.stopSoon = this.settings.clock.after(waitMs, () => {
      this.stopSoon = undefined;
      this.beat();
    });
  }

  stop(): void {
    this.stopped = true;
    this.stopTimer?.();
    this.stopSoon?.();
  }

  /** The last one: this worker is gone. */
  leave(): void {
    this.stop();
    this.tell(true);
  }

  /** Whether any job may be started at this moment. Asked before each. */
  mayStart(): boolean {
    switch (this.host.control.standing) {
      case 'absent':
        return true;
      case 'unknown':
        return false;
      case 'present':
        return !this.wasAbsent() && this.isCountedIn();
    }
  }

  private isCountedIn(): boolean {
    // Who records nothing is counted neither in nor out.
    if (this.settings.records === 'off' || this.lease.holds) return true;
    this.lapse();
    return false;
  }

  /** After a gap in its own clock this process does not know what it has missed. */
  private wasAbsent(): boolean {
    const { gapMs } = this.lease;
    if (gapMs === undefined) return false;
    this.lease.tick();
    this.lease.end();
    this.lose(`this process stood still, or its clock was changed: ${gapMs} ms are missing`);
    this.beat();
    if (this.settings.records === 'off') this.host.readControlAgain();
    return true;
  }

  private schedule(): void {
    this.stopTimer = this.settings.clock.after(BEAT_MS, () => {
      if (!this.wasAbsent()) this.beat();
      this.schedule();
    });
  }

  private beat(): void {
    if (this.stopped) return;
    this.lease.tick();
    this.lastAt = this.settings.clock.now();
    this.tell(false);
    this.askWhileBlocked(this.lastAt);
  }

  private tell(leaving: boolean): void {
    const { name, queues, handlers, clock, records } = this.settings;
    if (records === 'off') return;
    const { facts, control } = this.host;
    const at = clock.now();
    const held = facts.held();
    this.records.add(
      {
        event: 'worker.seen',
        ...{ worker: name, at, queues: [...queues.keys()], types: handlers.all().flatMap((known) => known.names) },
        ...{ running: facts.running(), held, heldJobs: held <= MOST_HELD_SAID ? facts.heldJobs() : undefined },
        ...{ slots: facts.slots(), startedAt: this.startedAt, controlVersion: control.version },
        ...(leaving ? { leaving } : {}),
      },
      () => this.confirmed(at),
    );
  }

  /** An alarm lets no heartbeat out, neither this one nor the ledger's own: an answer of the broker says as much. */
  private askWhileBlocked(at: number): void {
    const { broker, names } = this.settings;
    if (broker.state.name !== 'blocked') return;
    broker.depth(names.control).then(
      () => broker.state.name === 'blocked' && this.confirmed(at),
      () => undefined, // Away: the connection says so itself, and nothing is confirmed.
    );
  }

  /** What was revoked while this worker was counted out is learnt before anything is started again. */
  private confirmed(madeAt: number): void {
    if (!this.lease.holds) this.lapse();
    this.lease.confirm(madeAt);
    if (this.held === 'held' || !this.lease.holds) return;
    const before = this.held;
    this.held = 'held';
    if (before === 'not yet') return this.host.wake();
    this.settings.events.emit({ event: 'lease.regained', worker: this.settings.name });
    this.host.readControlAgain();
  }

  private lapse(): void {
    this.lose(`no heartbeat of the last ${LEASE_MS / 1_000} s was confirmed`);
  }

  private lose(reason: string): void {
    if (this.held !== 'held') return;
    this.held = 'lost';
    this.settings.events.emit({ event: 'lease.lost', worker: this.settings.name, reason });
  }
}
