import { TOMBSTONE_MS } from '../record/find-removed';
import { lockRows } from '../record/lock-rows';
import type { Database, Transaction } from '../store/database';

/** A finished job, and where its row is. */
export interface Finished {
  id: string;
  shelf: number;
  /** Milliseconds since 1970. */
  finished: number;
}

/** Columns of {@link Finished}. */
export const FINISHED = 't.id, t.shelf, extract(epoch from t.finished_at)::float8 * 1000 as finished';

/** Rows removed in one transaction: recording waits for it. */
const BATCH = 500;

const REMOVE = `
with gone as (
  delete from history t using unnest($1::uuid[], $2::smallint[], $3::float8[]) as wanted (id, shelf, finished)
  where t.id = wanted.id and t.shelf = wanted.shelf and t.finished_at = to_timestamp(wanted.finished / 1000)::timestamptz(3)
  returning t.id, t.queue, t.type, t.state
), stones as (
  insert into tombstones (id, until) select id, now() + interval '${TOMBSTONE_MS} milliseconds' from gone
  on conflict (id) do update set until = excluded.until
), sums as (
  insert into counts (queue, type, state, n)
  select queue, type, state, -count(*) from gone where type <> '' group by queue, type, state
)
select count(*)::int as n from gone`;

/** Removes finished jobs and their logs, in the caller's transaction; tombstones stay. Returns how many there were. */
export async function removeRows(tx: Transaction, rows: readonly Finished[]): Promise<number> {
  if (rows.length === 0) return 0;
  const ids = rows.map(({ id }) => id);
  const { rows: gone } = await tx.query<{ n: number }>(REMOVE, [
    ids,
    rows.map(({ shelf }) => shelf),
    rows.map(({ finished }) => Math.round(finished)),
  ]);
  await tx.query('delete from logs where job_id = any($1::uuid[])', [ids]);
  await tx.query('delete from keeps where job_id = any($1::uuid[])', [ids]);
  return gone[0]?.n ?? 0;
}

/** Asks for rows and removes them, batch by batch, until none is left, `most` are gone or the signal is aborted. */
export async function removeBatches(
  database: Database,
  find: (tx: Transaction, most: number) => Promise<Finished[]>,
  { most = Number.MAX_SAFE_INTEGER, signal }: { most?: number; signal?: AbortSignal } = {},
): Promise<number> {
  let removed = 0;
  for (;;) {
    const wanted = Math.min(BATCH, most - removed);
    if (wanted === 0 || signal?.aborted === true) return removed;
    const found = await database.transaction(async (tx) => {
      await tx.query('set local enable_seqscan = off');
      const rows = await find(tx, wanted);
      // Looked for before, so that recording does not wait for it. One that was redriven meanwhile is not there any more.
      await lockRows(tx);
      removed += await removeRows(tx, rows);
      return rows.length;
    });
    if (found < wanted) return removed;
  }
}
