import { becomes } from '../../libs/local/src';
import { until } from '../support/until';
import type { Depth, Row, Tick } from './oracle/evidence';
import { onDatabase } from './stage/on-database';
import { depths, depthsWithoutMarkers } from './stage/depths';
import type { Stage } from './stage/stage';

/** Whether all came to its end within so long: nothing is unfinished in the ledger, nothing is left at the broker. */
export async function settles(stage: Stage, deadlineMs: number): Promise<boolean> {
  return becomes(async () => (await nothingIsOpen(stage)) && isEmpty(await depths(stage)), deadlineMs, 500);
}

/** The same when no worker is left. */
export async function settlesWithoutWorkers(stage: Stage, deadlineMs: number): Promise<boolean> {
  return becomes(
    async () => (await nothingIsOpen(stage)) && isEmpty(await depthsWithoutMarkers(stage)),
    deadlineMs,
    500,
  );
}

const isEmpty = (all: readonly Depth[]): boolean => all.every(({ messages }) => messages === 0);

async function nothingIsOpen(stage: Stage): Promise<boolean> {
  const [row] = await onDatabase<{ open: boolean }>(stage.databaseUrl, [
    `select exists (select from jobs) or exists (select from outbox)
       or exists (select from schedule_ticks where outcome = 'queued') as open`,
  ]);
  return row?.open === false;
}

/** Resolves when the ledger knows what ticks. */
export async function schedulesKnown(stage: Stage, schedules: number): Promise<void> {
  await until('the schedules in the ledger', async () => {
    const rows = await onDatabase(stage.databaseUrl, ['select from schedules']);
    return rows.length === schedules;
  });
}

/** Whether every schedule has decided its moments up to then, within so long. */
export async function ticksUpTo(stage: Stage, atMs: number, deadlineMs: number): Promise<boolean> {
  const isDecided = async (): Promise<boolean> => {
    const [row] = await onDatabase<{ open: boolean }>(stage.databaseUrl, [
      `select exists (select from schedules where watermark < to_timestamp(${atMs / 1_000})) as open`,
    ]);
    return row?.open === false;
  };
  return becomes(isDecided, deadlineMs, 500);
}

/** Every job that the ledger knows. */
export async function readRows(stage: Stage): Promise<Row[]> {
  const columns = `id, key, type, state, attempt, schedule, ${milliseconds('scheduled_for')} as "scheduledFor"`;
  return rowsOf<Row>(
    stage,
    `select ${columns}, false as finished from jobs union all select ${columns}, true from history`,
  );
}

/** What the ledger has decided of every moment. */
export async function readTicks(stage: Stage): Promise<Tick[]> {
  const columns = `schedule, ${milliseconds('instant')} as instant, outcome, job_id as "jobId", reason`;
  return rowsOf<Tick>(stage, `select ${columns} from schedule_ticks`);
}

const milliseconds = (column: string): string => `round(extract(epoch from ${column}) * 1000)::float8`;

async function rowsOf<T extends object>(stage: Stage, sql: string): Promise<T[]> {
  const rows = await onDatabase<Record<string, unknown>>(stage.databaseUrl, [sql]);
  // What is null in a column is not there.
  return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as T);
}
