import type { CancelKind, ControlEntries, ControlEntry, ScheduleEntry } from '../contracts/control';
import type { Priority } from '../contracts/job-type';

/** What is asked of a job that is about to be started. */
export interface JobAtHand {
  id: string;
  generation: number;
  type: string;
  queue: string;
  priority: Priority;
  /** When this generation of it was made, milliseconds since 1970; undefined when nobody can say. */
  madeAtMs: () => number | undefined;
}

type Revocation = Extract<ControlEntry, { kind: 'revoke' }>;
type Cap = ReadonlyMap<string, number>;
type Sweep = Extract<ControlEntry, { kind: 'revoke-all' }>;

/** Entries of the ledger by key, and the same by what is asked: a question costs a lookup, however many there are. */
export class InForce {
  private readonly byKey = new Map<string, ControlEntry>();
  private readonly queues = new Set<string>();
  private readonly types = new Set<string>();
  private readonly revocations = new Map<string, Revocation>();
  private readonly sweeps = new Map<string, Sweep>();
  /** Those that tick, by name. */
  readonly schedules = new Map<string, ScheduleEntry>();
  /** Shares by worker, by queue. */
  private readonly caps = new Map<string, Cap>();

  /** How many there are. */
  get size(): number {
    return this.byKey.size;
  }

  /** False where no job is revoked: then nothing of a job need be looked at. */
  get revokes(): boolean {
    return this.revocations.size > 0 || this.sweeps.size > 0;
  }

  setAll(entries: ControlEntries): void {
    for (const [key, entry] of Object.entries(entries)) {
      this.lift(key);
      this.byKey.set(key, entry);
      this.index(key, entry);
    }
  }

  lift(key: string): void {
    const entry = this.byKey.get(key);
    if (!entry) return;
    this.byKey.delete(key);
    switch (entry.kind) {
      case 'pause':
        if (entry.type === undefined) this.queues.delete(entry.queue);
        else this.types.delete(entry.type);
        return;
      case 'revoke':
        this.revocations.delete(entry.id);
        return;
      case 'revoke-all':
        this.sweeps.delete(key);
        return;
      case 'schedule':
        this.schedules.delete(entry.name);
        return;
      case 'cap':
        this.caps.delete(entry.queue);
    }
  }

  isQueuePaused(queue: string): boolean {
    return this.queues.has(queue);
  }

  isTypePaused(type: string): boolean {
    return this.types.has(type);
  }

  /** How many jobs of the queue the worker may run at a time; undefined where the queue has no cap. */
  shareOf(queue: string, worker: string): number | undefined {
    const cap = this.caps.get(queue);
    return cap && (cap.get(worker) ?? 0);
  }

  revocationOf(job: JobAtHand): CancelKind | undefined {
    const revocation = this.revocations.get(job.id);
    if (revocation && job.generation <= revocation.generation) return revocation.cancel;
    for (const sweep of this.sweeps.values()) if (takes(sweep, job)) return 'cancel';
    return undefined;
  }

  private index(key: string, entry: ControlEntry): void {
    switch (entry.kind) {
      case 'pause':
        if (entry.type === undefined) this.queues.add(entry.queue);
        else this.types.add(entry.type);
        return;
      case 'revoke':
        this.revocations.set(entry.id, entry);
        return;
      case 'revoke-all':
        this.sweeps.set(key, entry);
        return;
      case 'schedule':
        this.schedules.set(entry.name, entry);
        return;
      case 'cap':
        this.caps.set(entry.queue, new Map(Object.entries(entry.shares)));
    }
  }
}

function takes({ queue, type, priority, before }: Sweep, job: JobAtHand): boolean {
  if (queue !== job.queue || (type !== undefined && type !== job.type)) return false;
  if (priority !== undefined && priority !== job.priority) return false;
  const madeAtMs = job.madeAtMs();
  return madeAtMs !== undefined && madeAtMs < before;
}
