import { ScutworkError } from '@scutwork/jobs';
import { cancel } from '../control/cancel';
import { steer } from '../control/steer';
import type { Transaction } from '../store/database';
import { LedgerError } from '../store/ledger-error';
import type { PreparedEntry } from '../submit/prepare';
import { type Advance, advance } from './advance';
import { makeJobs, prepareTick } from './make-jobs';
import { type ScheduleRow, isUsedUp } from './schedule-row';
import { type ScheduleChange, type TickRow, announce, putSchedules, putTicks } from './store';
import type { TickHint, TicksOptions } from './ticks';

/** Moments of one schedule that wait for the job before them, at most. */
const MOST_QUEUED = 100;
const LIMIT_REACHED = 'its limit is reached';
/** Of a moment that waits for the job before it: what it is when that is over. */
const MADE_UP_FOR = 'it was missed, and is made up for';

/** What is decided of several schedules, written together. */
export class TickBatch {
  private readonly entries: PreparedEntry[] = [];
  private readonly ticks: TickRow[] = [];
  private readonly changes: ScheduleChange[] = [];

  constructor(
    private readonly tx: Transaction,
    private readonly now: number,
    private readonly options: TicksOptions,
  ) {}

  async add(row: ScheduleRow, hint: TickHint): Promise<void> {
    const due = this.dueOf(row, hint);
    if (!due) return;
    if (due === 'broken') return void this.changes.push({ before: row, after: { ...row, nextAt: undefined } });
    const after: ScheduleRow = { ...row, watermark: due.watermark, nextAt: due.nextAt };
    after.tickedAt = this.now;
    after.tickedBy = hint.by;
    for (const instant of due.missed) this.note(row, instant, 'missed', hint.by);
    if (due.missed.length > 0) {
      after.missedCount += due.missed.length;
      after.lastMissedAt = due.missed.at(-1);
      this.options.events.missed(row.name, due.missed.length);
    }
    for (const { instant, late } of due.runs) {
      // Of one that cancels what it has made the last moment counts, and takes the place of those before it.
      if (isUsedUp(after) && after.overlap !== 'cancel-running') break;
      after.tickedLateMs = Math.max(0, this.now - instant);
      await this.run(after, instant, late ? 'caught_up' : 'ran', hint.by);
    }
    if (isUsedUp(after)) after.nextAt = undefined;
    this.changes.push({ before: row, after });
  }

  async release(row: ScheduleRow): Promise<void> {
    if (await this.isBusy(row.name)) return;
    const { rows } = await this.tx.query<QueuedRow>(TAKE_QUEUED, [row.name]);
    const [next] = rows;
    if (!next) return;
    const after = { ...row };
    // One that was deleted meanwhile makes no job any more.
    if (row.deletedAt === undefined) await this.makeWithin(after, next);
    if (isUsedUp(after)) after.nextAt = undefined;
    this.changes.push({ before: row, after });
  }

  /** The limit may have been lowered since the moment came. */
  private async makeWithin(after: ScheduleRow, { instant, ticked_by, reason }: QueuedRow): Promise<void> {
    if (isUsedUp(after)) return this.skip(after, instant, ticked_by, LIMIT_REACHED);
    await this.make(after, instant, reason === MADE_UP_FOR ? 'caught_up' : 'ran', ticked_by);
  }

  async write(): Promise<{ made: boolean; announced: boolean }> {
    const { tx, entries, changes } = this;
    if (entries.length > 0) await makeJobs(tx, entries, this.now, this.options);
    await putTicks(tx, this.ticks);
    await putSchedules(
      tx,
      changes.map(({ after }) => after),
    );
    await announce(tx, changes);
    return { made: entries.length > 0, announced: changes.some(({ after }) => after.nextAt === undefined) };
  }

  /** One that cannot be evaluated any more, as when the tz database has lost its zone, holds up no other. */
  private dueOf(row: ScheduleRow, hint: TickHint): Advance | 'broken' | undefined {
    try {
      return advance(row, this.now, hint.instant);
    } catch (error) {
      if (!(error instanceof ScutworkError)) throw error;
      this.options.events.failed(`schedule ${row.name}`, error, false);
      return 'broken';
    }
  }

  private async run(after: ScheduleRow, instant: number, outcome: 'ran' | 'caught_up', by: string): Promise<void> {
    switch (after.overlap) {
      case 'allow':
        return this.make(after, instant, outcome, by);
      case 'skip':
        if (!(await this.isBusy(after.name))) return this.make(after, instant, outcome, by);
        return this.skip(after, instant, by, 'a job of it was not finished');
      case 'queue':
        return this.queueUp(after, instant, outcome, by);
      case 'cancel-running':
        this.dropNew(after);
        await this.cancelUnfinished(after.name);
        return this.make(after, instant, outcome, by);
    }
  }

  private async queueUp(after: ScheduleRow, instant: number, outcome: 'ran' | 'caught_up', by: string): Promise<void> {
    const waiting = await this.queuedOf(after.name);
    if (waiting === 0 && !(await this.isBusy(after.name))) return this.make(after, instant, outcome, by);
    if (after.runLimit !== undefined && after.runCount + waiting >= after.runLimit) {
      return this.skip(after, instant, by, LIMIT_REACHED);
    }
    const reason = outcome === 'caught_up' ? MADE_UP_FOR : undefined;
    if (waiting < MOST_QUEUED) return this.note(after, instant, 'queued', by, reason);
    this.skip(after, instant, by, `${MOST_QUEUED} wait already`);
  }

  private async make(after: ScheduleRow, instant: number, outcome: 'ran' | 'caught_up', by: string): Promise<void> {
    try {
      const entry = await prepareTick(after, instant, this.options);
      this.entries.push(entry);
      after.runCount += 1;
      after.lastRunAt = instant;
      after.lastJobId = entry.identity.id;
      this.ticks.push({ schedule: after.name, instant, outcome, tickedBy: by, jobId: entry.identity.id });
    } catch (error) {
      if (!(error instanceof ScutworkError || error instanceof LedgerError)) throw error;
      after.failedCount += 1;
      this.note(after, instant, 'failed', by, error.message);
      this.options.events.failed(`the job of schedule ${after.name}`, error, false);
    }
  }

  private skip(after: ScheduleRow, instant: number, by: string, reason: string): void {
    after.skippedCount += 1;
    this.note(after, instant, 'skipped', by, reason);
  }

  private note({ name }: ScheduleRow, instant: number, outcome: TickRow['outcome'], by: string, reason?: string): void {
    this.ticks.push({ schedule: name, instant, outcome, tickedBy: by, reason });
  }

  private async isBusy(schedule: string): Promise<boolean> {
    if (this.entries.some(({ tick }) => tick?.schedule === schedule)) return true;
    const { rows } = await this.tx.query('select 1 from jobs where schedule = $1 limit 1', [schedule]);
    return rows.length > 0;
  }

  private async queuedOf(schedule: string): Promise<number> {
    const here = this.ticks.filter((tick) => tick.schedule === schedule && tick.outcome === 'queued').length;
    const { rows } = await this.tx.query<{ count: string }>(
      `select count(*) from schedule_ticks where outcome = 'queued' and schedule = $1`,
      [schedule],
    );
    return here + Number(rows[0]?.count);
  }

  /** Of several moments that are made up for at once the last one counts: those before it would be cancelled unstarted. */
  private dropNew(after: ScheduleRow): void {
    for (const tick of this.ticks) {
      const index = this.entries.findIndex(({ identity }) => identity.id === tick.jobId);
      if (tick.schedule !== after.name || index === -1) continue;
      this.entries.splice(index, 1);
      after.runCount -= 1;
      after.skippedCount += 1;
      Object.assign(tick, { outcome: 'skipped', jobId: undefined, reason: 'a later moment came at once' });
    }
  }

  private async cancelUnfinished(schedule: string): Promise<void> {
    const { rows } = await this.tx.query<{ id: string }>(
      'select id from jobs where schedule = $1 and cancel_requested_at is null order by id limit 1000',
      [schedule],
    );
    const ids = rows.map(({ id }) => id);
    if (ids.length > 0) await steer(this.tx, this.options.recorder, ids, cancel);
  }
}

interface QueuedRow {
  instant: number;
  ticked_by: string;
  reason: string | null;
}

const TAKE_QUEUED = `
delete from schedule_ticks where (schedule, instant) in (
  select schedule, instant from schedule_ticks where outcome = 'queued' and schedule = $1 order by instant limit 1
) returning round(extract(epoch from instant) * 1000)::float8 as instant, ticked_by, reason`;
