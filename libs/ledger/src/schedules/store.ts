import { type Placed, changeControl, controlKey } from '../control/control-store';
import type { Transaction } from '../store/database';
import { LedgerError } from '../store/ledger-error';
import { SCHEDULE_COLUMNS, SELECTED, type ScheduleRow, columnsFrom, entryOf, rowFrom } from './schedule-row';

/** What became of one moment. */
export interface TickRow {
  schedule: string;
  instant: number;
  outcome: TickOutcome;
  jobId?: string;
  tickedBy: string;
  reason?: string;
}

export type TickOutcome = 'ran' | 'caught_up' | 'queued' | 'skipped' | 'missed' | 'failed' | 'triggered';

export interface ScheduleChange {
  before: ScheduleRow | undefined;
  after: ScheduleRow;
}

/** Their rows, as they are just now. */
export async function readSchedules(tx: Transaction, names: readonly string[]): Promise<ScheduleRow[]> {
  const { rows } = await tx.query<Record<string, unknown>>(`select ${SELECTED} from schedules where name = any($1)`, [
    names,
  ]);
  return rows.map(rowFrom);
}

/** Their rows, locked until the transaction ends, in one order for everybody. */
export async function lockSchedules(tx: Transaction, names: readonly string[]): Promise<ScheduleRow[]> {
  const { rows } = await tx.query<Record<string, unknown>>(
    `select ${SELECTED} from schedules where name = any($1) order by name for update`,
    [[...new Set(names)]],
  );
  return rows.map(rowFrom);
}

/** @throws LedgerError `schedule_not_found` */
export async function lockSchedule(tx: Transaction, name: string): Promise<ScheduleRow> {
  const [row] = await lockSchedules(tx, [name]);
  if (!row || row.deletedAt !== undefined) throw notFound(name);
  return row;
}

export function notFound(name: string): LedgerError {
  return new LedgerError('schedule_not_found', `There is no schedule called ${JSON.stringify(name.slice(0, 100))}`, {
    field: 'name',
    hint: 'GET /api/v1/schedules lists those that there are.',
  });
}

export async function putSchedules(tx: Transaction, rows: readonly ScheduleRow[]): Promise<void> {
  if (rows.length > 0) await tx.query(PUT, [JSON.stringify(rows.map(columnsFrom))]);
}

const others = SCHEDULE_COLUMNS.filter((column) => column !== 'name');
const PUT = `
insert into schedules (${SCHEDULE_COLUMNS.join(', ')})
select ${SCHEDULE_COLUMNS.join(', ')} from json_populate_recordset(null::schedules, $1::json)
on conflict (name) do update set ${others.map((column) => `${column} = excluded.${column}`).join(', ')}`;

/** One that is there already throws: a moment is decided once. */
export async function putTicks(tx: Transaction, ticks: readonly TickRow[]): Promise<void> {
  if (ticks.length > 0) await tx.query(PUT_TICKS, [JSON.stringify(ticks)]);
}

const PUT_TICKS = `
insert into schedule_ticks (schedule, instant, outcome, job_id, ticked_by, reason)
select schedule, to_timestamp(instant / 1000.0), outcome, "jobId", "tickedBy", reason
from json_to_recordset($1::json)
  as row (schedule text, instant float8, outcome text, "jobId" uuid, "tickedBy" text, reason text)`;

/** Tells schedulers what has changed. Last in its transaction. */
export async function announce(tx: Transaction, changes: readonly ScheduleChange[]): Promise<void> {
  const set: Placed[] = [];
  const lift: string[] = [];
  for (const { before, after } of changes) {
    const [key, entry] = [controlKey.schedule(after.name), entryOf(after)];
    if (JSON.stringify(before && entryOf(before)) === JSON.stringify(entry)) continue;
    if (entry) set.push({ key, entry });
    else lift.push(key);
  }
  await changeControl(tx, { set, lift });
}
