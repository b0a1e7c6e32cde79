import { becomes } from '../../libs/local/src';
import type { Row } from './oracle/evidence';
import { onDatabase } from './stage/on-database';
import { depthsWithoutMarkers } from './stage/depths';
import type { Stage } from './stage/stage';

/** Whether all came to its end within so long: nothing is unfinished in the ledger, nothing is left at the broker. */
export async function settles(stage: Stage, deadlineMs: number): Promise<boolean> {
  return becomes(() => isSettled(stage), deadlineMs, 500);
}

async function isSettled(stage: Stage): Promise<boolean> {
  const [row] = await onDatabase<{ open: boolean }>(stage.databaseUrl, [
    'select exists (select from jobs) or exists (select from outbox) as open',
  ]);
  if (row?.open !== false) return false;
  return (await depthsWithoutMarkers(stage)).every(({ messages }) => messages === 0);
}

/** Every job that the ledger knows. */
export async function readRows(stage: Stage): Promise<Row[]> {
  const columns = 'id, key, type, state, attempt, schedule';
  const rows = await onDatabase<Told>(stage.databaseUrl, [
    `select ${columns}, false as finished from jobs union all select ${columns}, true from history`,
  ]);
  return rows.map(({ key, schedule, ...row }) => ({
    ...row,
    key: key ?? undefined,
    schedule: schedule ?? scheduleIn(key),
  }));
}

/** The record of a tick may have died with the scheduler that made it; its id says whose it is. */
const scheduleIn = (key: string | null): string | undefined => /^schedule:([^:]+):/.exec(key ?? '')?.[1];

interface Told extends Omit<Row, 'key' | 'schedule'> {
  [column: string]: unknown;
  key: string | null;
  schedule: string | null;
}
