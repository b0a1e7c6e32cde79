import type { CancelKind, ControlEntries, ControlMessage, ScheduleEntry } from '../contracts/control';
import { InForce, type JobAtHand } from './in-force';

type Delta = Extract<ControlMessage, { kind: 'delta' }>;
type Part = Extract<ControlMessage, { kind: 'snapshot' }>;
type Beat = Extract<ControlMessage, { kind: 'beat' }>;

const NONE: ReadonlyMap<string, ScheduleEntry> = new Map();

/** A snapshot of which parts are missing, or that is older than what is known. */
interface Gathering {
  readonly version: number;
  readonly snapshotAt: number;
  readonly parts: Map<number, ControlEntries>;
  /** Changes that came after its first part. */
  readonly later: Delta[];
  /** More was known when it began than it tells. */
  readonly lower: boolean;
  whole: boolean;
}

/**
 * What the ledger has put in force, from the messages of the control stream in their order. Knows no broker and no clock.
 *
 * Each whole snapshot replaces everything: what got lost before it is set right by it. A change that follows on no known
 * version is applied, but the version does not go past the gap: nobody may count on what is not known to be here.
 */
export class ControlState {
  private inForce: InForce | undefined;
  private gathering: Gathering | undefined;
  /** The last version of which every change is here; undefined before the first snapshot. */
  version: number | undefined;
  /** The database's clock minus ours, in milliseconds; undefined before a live beat. */
  clockOffsetMs: number | undefined;
  /** The database's time in the last beat, read live or out of the past; milliseconds since 1970. */
  lastBeat: number | undefined;
  private newest = 0;
  private takenAt: number;
  /** It stands on no snapshot, but on there being none. */
  private assumed = false;

  /** @param since snapshots begun before are passed over: they may be of a ledger that has been set up anew since */
  constructor(since = 0) {
    this.takenAt = since - 1;
  }

  /** Nothing is in force: for a stream that is read from its first message, or where there is none. */
  static empty(): ControlState {
    const state = new ControlState();
    state.inForce = new InForce();
    state.version = 0;
    state.assumed = true;
    return state;
  }

  /** Whether it stands on a whole snapshot, so that what it does not know is not in force. */
  get whole(): boolean {
    return this.inForce !== undefined;
  }

  /** Its first snapshot has begun and goes on. */
  get beginning(): boolean {
    return (this.assumed || !this.whole) && this.gathering?.whole === false;
  }

  /** How much is in force. */
  get size(): number {
    return this.inForce?.size ?? 0;
  }

  isQueuePaused(queue: string): boolean {
    return this.inForce?.isQueuePaused(queue) ?? false;
  }

  isTypePaused(type: string): boolean {
    return this.inForce?.isTypePaused(type) ?? false;
  }

  /** Those that tick, by name. */
  get schedules(): ReadonlyMap<string, ScheduleEntry> {
    return this.inForce?.schedules ?? NONE;
  }

  /** Undefined where the queue has no cap. */
  shareOf(queue: string, worker: string): number | undefined {
    return this.inForce?.shareOf(queue, worker);
  }

  /** False where no job is revoked. */
  get revokes(): boolean {
    return this.inForce?.revokes ?? false;
  }

  revocationOf(job: JobAtHand): CancelKind | undefined {
    return this.inForce?.revocationOf(job);
  }

  /**
   * @param receivedAtMs our time at which it came; leave it out for one that was read out of the past
   * @returns whether anything may be otherwise now
   */
  apply(message: ControlMessage, receivedAtMs?: number): boolean {
    switch (message.kind) {
      case 'delta':
        return this.applyDelta(message);
      case 'snapshot':
        return this.applyPart(message);
      case 'beat':
        return this.applyBeat(message, receivedAtMs);
    }
  }

  private applyDelta(delta: Delta): boolean {
    this.gathering?.later.push(delta);
    return this.inForce !== undefined && this.change(this.inForce, delta);
  }

  private change(inForce: InForce, { version, set, lift }: Delta): boolean {
    if (version <= this.newest) return false;
    for (const key of lift) inForce.lift(key);
    inForce.setAll(set);
    if (this.version === version - 1) this.version = version;
    this.newest = version;
    return true;
  }

  private applyPart({ version, snapshotAt, part, parts, entries }: Part): boolean {
    const gathering = this.gatheringOf(version, snapshotAt);
    if (!gathering || gathering.whole) return false;
    gathering.parts.set(part, entries);
    if (gathering.parts.size < parts) return false;
    gathering.whole = true;
    return !gathering.lower && this.take(gathering);
  }

  private gatheringOf(version: number, snapshotAt: number): Gathering | undefined {
    if (snapshotAt <= this.takenAt) return undefined;
    const { gathering } = this;
    if (gathering?.snapshotAt === snapshotAt) return gathering;
    if (gathering && gathering.snapshotAt > snapshotAt) return undefined;
    const lower = this.whole && !this.assumed && version < this.newest;
    return (this.gathering = { version, snapshotAt, lower, parts: new Map(), later: [], whole: false });
  }

  private take({ version, snapshotAt, parts, later }: Gathering): boolean {
    const inForce = (this.inForce = new InForce());
    for (const entries of parts.values()) inForce.setAll(entries);
    this.version = version;
    this.newest = version;
    this.takenAt = snapshotAt;
    this.assumed = false;
    this.gathering = undefined;
    for (const delta of later) this.change(inForce, delta);
    return true;
  }

  /** A ledger that was set back, to a backup for example, tells a lower version from then on: its snapshot counts. */
  private applyBeat({ version, now }: Beat, receivedAtMs: number | undefined): boolean {
    this.lastBeat = now;
    if (receivedAtMs !== undefined) this.clockOffsetMs = now - receivedAtMs;
    const { gathering } = this;
    if (!gathering?.whole) return false;
    if (version < this.newest) return this.take(gathering);
    this.gathering = undefined;
    return false;
  }
}
