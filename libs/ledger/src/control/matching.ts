import type { JobFilter } from '../api';
import type { Place } from '../query/cursor';
import { type Table } from '../query/conditions';
import { findKeys } from '../query/find-keys';
import { hasPayload } from '../query/list-jobs';
import { readRows } from '../query/read-rows';
import { resolveFilter } from '../query/wanted';
import type { Secrets } from '../record/secrets';
import type { Transaction } from '../store/database';

export interface Matching {
  ids: string[];
  type: string | undefined;
  /** Where the next step begins; undefined when there is none. */
  next: Place | undefined;
}

const OLDEST_FIRST = { column: 'created_at', newestFirst: false } as const;

/**
 * The next jobs that match, oldest first: of the unfinished, or of history.
 * @throws LedgerError `filter_invalid`
 */
export async function findMatching(
  tx: Transaction,
  { filter, table, after, most }: { filter: JobFilter; table: Table; after: Place | undefined; most: number },
  secrets: Secrets,
): Promise<Matching> {
  const wanted = resolveFilter(filter);
  const keys = await findKeys(tx, { table, wanted, order: OLDEST_FIRST, after, most });
  const last = keys.at(-1);
  const rows = await readRows(tx, keys, wanted.payload.length > 0 ? ['payload'] : []);
  return {
    ids: rows.filter((row) => hasPayload(row, wanted, secrets)).map(({ job }) => job.id),
    type: rows[0]?.job.type,
    next: keys.length < most || !last ? undefined : { at: last.at, id: last.id },
  };
}
