import type { LedgerEvents } from '../ledger-events';
import { lockRows } from '../record/lock-rows';
import type { Recorder } from '../record/recorder';
import type { Database, Transaction } from '../store/database';
import { databaseNow } from '../store/database-now';
import type { MakeJobsOptions } from './make-jobs';
import { lockSchedules } from './store';
import { Tellers } from './tellers';
import { TickBatch } from './tick-batch';

/** Somebody says that a schedule is due. It is a hint: the ledger decides. */
export interface TickHint {
  schedule: string;
  /** Milliseconds since 1970. */
  instant: number;
  /** Who says so, e.g. the name of a scheduler. */
  by: string;
}

export interface TicksOptions extends MakeJobsOptions {
  database: Database;
  recorder: Recorder;
  events: LedgerEvents;
  /** Called after a commit that left something to publish: wakes the relay. */
  onOutbox?: () => void;
  /** Called after a commit that changed what schedulers are told. */
  onChange?: () => void;
}

/** Makes one job of each moment of a schedule, whoever says it is due, however often. */
export class Ticks {
  /** Who tells them. */
  readonly tellers: Tellers;

  constructor(readonly options: TicksOptions) {
    this.tellers = new Tellers(options.database);
  }

  /** @throws what PostgreSQL throws; then nothing of it is decided, and it may be told again */
  async take(hints: readonly TickHint[]): Promise<void> {
    if (hints.length === 0) return;
    const { database, onOutbox, onChange } = this.options;
    const done = await database.transaction((tx) => this.takeIn(tx, hints));
    await this.tellers.note(hints.map(({ by }) => by));
    if (done.made) onOutbox?.();
    if (done.announced) onChange?.();
  }

  /** The same in the caller's transaction. */
  async takeIn(tx: Transaction, hints: readonly TickHint[]): Promise<{ made: boolean; announced: boolean }> {
    const latest = new Map<string, TickHint>();
    for (const hint of hints)
      if (hint.instant >= (latest.get(hint.schedule)?.instant ?? 0)) latest.set(hint.schedule, hint);
    const names = [...latest.keys()];
    // Whoever looks at jobs takes their lock before those of schedules.
    const { rows } = await tx.query(`select 1 from schedules where name = any($1) and overlap <> 'allow' limit 1`, [
      names,
    ]);
    const looksAtJobs = rows.length > 0;
    if (looksAtJobs) await lockRows(tx);
    // One that was edited meanwhile to look at jobs as well is left to the next hint.
    const found = (await lockSchedules(tx, names)).filter(({ overlap }) => looksAtJobs || overlap === 'allow');
    const now = await databaseNow(tx);
    const batch = new TickBatch(tx, now, this.options);
    for (const row of found) {
      const hint = latest.get(row.name);
      if (hint) await batch.add(row, hint);
    }
    return batch.write();
  }

  /** Moments that wait for a job which is finished by now. @returns how many got theirs */
  async releaseQueued(): Promise<number> {
    const { database, onOutbox } = this.options;
    // Asked twice a second, and mostly there is nothing; whether it is still free is seen again below.
    const free = await database.query<{ schedule: string }>(FREE);
    if (free.length === 0) return 0;
    const released = await database.transaction(async (tx) => {
      await lockRows(tx);
      const found = await lockSchedules(
        tx,
        free.map(({ schedule }) => schedule),
      );
      const batch = new TickBatch(tx, await databaseNow(tx), this.options);
      for (const row of found) await batch.release(row);
      await batch.write();
      return found.length;
    });
    if (released > 0) onOutbox?.();
    return released;
  }
}

const FREE = `
select distinct schedule from schedule_ticks as tick where outcome = 'queued'
  and not exists (select 1 from jobs where jobs.schedule = tick.schedule) limit 100`;
