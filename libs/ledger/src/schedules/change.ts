import { occurrencesOf } from '@scutwork/jobs/wire';
import type { Actor } from '../api';
import type { Transaction } from '../store/database';
import type { readSchedule } from './declare';
import { type ScheduleRow, isUsedUp } from './schedule-row';
import { type ScheduleChange, announce, putSchedules } from './store';
import type { Ticks } from './ticks';

/** Writes what is decided in one transaction, and tells schedulers of it. */
export async function changeSchedules(
  { options: { database, onOutbox, onChange } }: Ticks,
  decide: (tx: Transaction) => Promise<readonly ScheduleChange[]>,
): Promise<void> {
  const changed = await database.transaction(async (tx) => {
    const changes = await decide(tx);
    await putSchedules(
      tx,
      changes.map(({ after }) => after),
    );
    await announce(tx, changes);
    return changes.length > 0;
  });
  if (!changed) return;
  onOutbox?.();
  onChange?.();
}

/** What is due is decided by what the schedules were. Before their rows are locked: others lock in that order. */
export async function settleDue(ticks: Ticks, tx: Transaction, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await ticks.takeIn(
    tx,
    names.map((schedule) => ({ schedule, instant: 0, by: 'producer' })),
  );
}

/** Of those that make schedules of these names at once the second waits here, and finds what the first has made. */
export async function lockNames(tx: Transaction, names: readonly string[]): Promise<void> {
  await tx.query(
    `select pg_advisory_xact_lock(hashtext('schedule ' || name)) from (select name from unnest($1::text[]) as name order by 1) as names`,
    [names],
  );
}

type Defined = ReturnType<typeof readSchedule> & Pick<ScheduleRow, 'name' | 'payload' | 'source'>;

/** A new one decides nothing of what was before it; one of a name that was there goes on where that one ended. */
export function fresh(defined: Defined, gone: ScheduleRow | undefined, now: number, { name: by }: Actor): ScheduleRow {
  const watermark = Math.max(gone?.watermark ?? 0, now);
  const row: ScheduleRow = {
    ...defined,
    anchor: defined.startAt ?? wholeSecond(now),
    revision: (gone?.revision ?? 0) + 1,
    ...{ watermark, runCount: 0, missedCount: 0, skippedCount: 0, failedCount: 0 },
    ...{ createdAt: now, createdBy: by, updatedAt: now, updatedBy: by },
  };
  return { ...row, nextAt: nextOf(row) };
}

type Edit = Partial<ReturnType<typeof readSchedule> & Pick<ScheduleRow, 'payload'>>;

/** The past belongs to what it was before: what is changed decides nothing of it. */
export function edited(before: ScheduleRow, edit: Edit, now: number, { name: updatedBy }: Actor): ScheduleRow {
  const row = { ...before, ...edit, revision: before.revision + 1, updatedAt: now, updatedBy };
  const isOther = (...keys: (keyof ScheduleRow)[]): boolean => keys.some((key) => row[key] !== before[key]);
  if (isOther('everyMs')) row.anchor = wholeSecond(now);
  if (isOther('everyMs', 'startAt')) row.anchor = row.startAt ?? row.anchor;
  const isResumed = row.enabled && !before.enabled;
  if (isResumed || isOther('cron', 'timeZone', 'everyMs', 'startAt', 'endAt')) {
    row.watermark = Math.max(before.watermark, now);
  }
  return { ...row, nextAt: nextOf(row) };
}

const wholeSecond = (ms: number): number => Math.floor(ms / 1_000) * 1_000;

function nextOf(row: ScheduleRow): number | undefined {
  return row.enabled && !isUsedUp(row) ? occurrencesOf(row)(row.watermark) : undefined;
}
