import type { Transaction } from '../store/database';
import { statement } from '../store/database';
import { type Columns, fromColumns } from '../record/columns';
import type { JobRow } from '../record/job-row';
import { lockRows } from '../record/lock-rows';
import type { PreparedEntry } from './prepare';
import type { Draft } from './row-of';

const FIND_JOBS = statement('find-jobs');
const FIND_HISTORY = statement('find-history');

/** A job that stands, or is about to. */
export interface KnownJob {
  row: JobRow;
  inLedger: boolean;
  /** Its message is not published yet. */
  inOutbox: boolean;
  /** What is to be written of it. */
  draft?: Draft;
}

export interface KeyHolder {
  jobId: string;
  /** Milliseconds since 1970; undefined while the job is not finished. */
  until: number | undefined;
}

/** What stands in the way of submissions; what is decided on them is added to it. */
export interface Standing {
  jobs: Map<string, KnownJob>;
  keys: Map<string, KeyHolder>;
  /** Keys that are taken by what was decided. */
  taken: Set<string>;
  /** Ids of jobs that were removed and of which late reports may still come. */
  removed: Set<string>;
}

export function nothingStands(): Standing {
  return { jobs: new Map(), keys: new Map(), taken: new Set(), removed: new Set() };
}

/** Reads it, so that it stays true until the transaction ends. */
export async function findStanding(tx: Transaction, entries: readonly PreparedEntry[]): Promise<Standing> {
  await lockRows(tx);
  const standing = nothingStands();
  await findHolders(tx, entries, standing);
  const chosen = entries.filter((entry) => entry.chosen).map(({ identity }) => identity.id);
  const ids = [...new Set([...chosen, ...[...standing.keys.values()].map(({ jobId }) => jobId)])];
  const missing = (of: readonly string[]): string[] => of.filter((id) => !standing.jobs.has(id));
  await findUnfinished(tx, ids, standing);
  await findFinished(tx, missing(ids), standing);
  await findRemoved(tx, missing(chosen), standing);
  return standing;
}

async function findHolders(tx: Transaction, entries: readonly PreparedEntry[], { keys }: Standing): Promise<void> {
  const wanted = [...new Set(entries.flatMap(({ unique }) => unique?.key ?? []))];
  if (wanted.length === 0) return;
  const found = await tx.query<{ key: string; job_id: string; until: string | null }>(FIND_KEYS, [wanted]);
  for (const { key, job_id: jobId, until } of found.rows) {
    keys.set(key, { jobId, until: until === null ? undefined : Number(until) });
  }
}

const FIND_KEYS = 'select key, job_id, extract(epoch from until) * 1000 as until from keys where key = any($1::text[])';

/** Their rows are locked: the due duty releases none of them meanwhile. */
async function findUnfinished(tx: Transaction, ids: readonly string[], { jobs }: Standing): Promise<void> {
  if (ids.length === 0) return;
  const found = await tx.query<Columns>(FIND_JOBS, [ids]);
  if (found.rows.length === 0) return;
  const out = await tx.query<{ job_id: string }>('select job_id from outbox where job_id = any($1::uuid[])', [ids]);
  const inOutbox = new Set(out.rows.map(({ job_id }) => job_id));
  for (const columns of found.rows) {
    const row = fromColumns(columns);
    jobs.set(row.id, { row, inLedger: columns.in_ledger === true, inOutbox: inOutbox.has(row.id) });
  }
}

async function findFinished(tx: Transaction, ids: readonly string[], { jobs }: Standing): Promise<void> {
  if (ids.length === 0) return;
  const found = await tx.query<Columns>(FIND_HISTORY, [ids, 0]);
  for (const row of found.rows.map(fromColumns)) jobs.set(row.id, { row, inLedger: false, inOutbox: false });
}

async function findRemoved(tx: Transaction, ids: readonly string[], { removed }: Standing): Promise<void> {
  if (ids.length === 0) return;
  const found = await tx.query<{ id: string }>('select id from tombstones where id = any($1::uuid[])', [ids]);
  for (const { id } of found.rows) removed.add(id);
}
