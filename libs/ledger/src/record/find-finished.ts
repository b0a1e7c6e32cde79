import type { JobEvent } from '@scutwork/jobs/wire';
import { idTimeMs } from '@scutwork/jobs/wire';
import { type Transaction, statement } from '../store/database';

const FIND_HISTORY = statement('find-history');

/** A finished row may be older than the clock of whoever told its end thinks. */
const CLOCK_SKEW_MS = 24 * 3_600_000;

/** Index entries alone, in one range of each partition. */
const FIND_NEAR = `
select id from history
where id between $1::uuid and $2::uuid and finished_at >= to_timestamp($3::float8 / 1000.0) limit $4`;

/**
 * Rows of history of these ids; `facts` is what is told of them.
 *
 * Nearly every job that is told of is new. Looking for each of them in each partition costs PostgreSQL two fifths
 * of recording it, so first it is asked which ids there are between the least and the greatest: UUIDv7 grow with time, and those of
 * new jobs lie beyond those of finished ones.
 */
export async function findFinished(
  tx: Transaction,
  ids: readonly string[],
  facts: readonly JobEvent[],
): Promise<Record<string, unknown>[]> {
  if (ids.length === 0) return [];
  const since = oldestEnd(ids, facts);
  const wanted = await mayBeFinished(tx, ids, since);
  if (wanted.length === 0) return [];
  return (await tx.query<Record<string, unknown>>(FIND_HISTORY, [wanted, since])).rows;
}

async function mayBeFinished(tx: Transaction, ids: readonly string[], since: number): Promise<readonly string[]> {
  const timed: string[] = [];
  const others: string[] = [];
  for (const id of ids) (idTimeMs(id) === undefined ? others : timed).push(id);
  if (timed.length === 0) return ids;
  timed.sort();
  const { rows } = await tx.query<{ id: string }>(FIND_NEAR, [timed[0], timed.at(-1), since, ids.length]);
  if (rows.length === ids.length) return ids; // There may be more of them.
  const near = new Set(rows.map(({ id }) => id));
  return [...timed.filter((id) => near.has(id)), ...others];
}

/**
 * No job of these ids finished before. Of most the id says when they were made, so only days since then can hold them;
 * one whose id is younger than what is told of it was made by a clock that is wrong.
 */
function oldestEnd(ids: readonly string[], facts: readonly JobEvent[]): number {
  const told = new Map<string, number>();
  for (const { id, at } of facts) told.set(id, Math.min(at, told.get(id) ?? at));
  const ends = ids.map((id) => {
    const since = (idTimeMs(id) ?? 0) - CLOCK_SKEW_MS;
    return since <= (told.get(id) ?? Date.now()) ? since : 0;
  });
  return ends.reduce((least, at) => Math.min(least, at), Number.MAX_SAFE_INTEGER);
}
