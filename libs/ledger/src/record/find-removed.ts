import type { JobEvent } from '@scutwork/jobs/wire';
import type { Transaction } from '../store/database';

/** How long it is remembered that a single job was removed. */
export const TOMBSTONE_MS = 7 * 24 * 3_600_000;

interface Removed {
  /** Tombstones: id, and when it was removed, in milliseconds since 1970. */
  stones: [id: string, at: number][] | null;
  dropped: string | null;
}

/** A tombstone for each single job. Of whole days: the end of the newest one dropped. */
const FIND_REMOVED = `
select (select json_agg(json_build_array(id, extract(epoch from until) * 1000 - ${TOMBSTONE_MS})) from tombstones
  where id = any($1::uuid[])) as stones, (select value from heads where name = 'dropped') as dropped`;

/**
 * Which jobs of these facts retention has removed: what is still told of them makes no ghosts. One that is submitted anew
 * under the same custom id is a new job.
 */
export async function findRemoved(
  tx: Transaction,
  facts: readonly JobEvent[],
  isKnown: (id: string) => boolean,
): Promise<Set<string>> {
  const unknown = facts.filter(({ id }) => !isKnown(id));
  if (unknown.length === 0) return new Set();
  const { rows } = await tx.query<Removed>(FIND_REMOVED, [[...new Set(unknown.map(({ id }) => id))]]);
  const stones = new Map(rows[0]?.stones);
  const dropped = Number(rows[0]?.dropped ?? 0);
  const kept = new Set(unknown.filter((fact) => isNews(fact, stones.get(fact.id), dropped)).map(({ id }) => id));
  return new Set(unknown.filter(({ id }) => !kept.has(id)).map(({ id }) => id));
}

/** Whether it is told of a job that is not removed. */
function isNews({ event, at }: JobEvent, removedAt: number | undefined, dropped: number): boolean {
  return removedAt === undefined ? at >= dropped : event === 'submitted' && at > removedAt;
}
