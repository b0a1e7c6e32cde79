import type { JobFilter } from '../api';
import type { Place } from '../query/cursor';
import { type Table } from '../query/conditions';
import { findKeys } from '../query/find-keys';
import { hasPayload } from '../query/list-jobs';
import { type ReadRow, readRows } from '../query/read-rows';
import { resolveFilter } from '../query/wanted';
import type { Secrets } from '../record/secrets';
import type { Transaction } from '../store/database';

export interface Matching {
  ids: string[];
  type: string | undefined;
  /** Where the next step begins; undefined when there is none. */
  next: Place | undefined;
}

export interface Question {
  filter: JobFilter;
  spareRunning?: boolean;
  table: Table;
  after: Place | undefined;
  most: number;
}

const OLDEST_FIRST = { column: 'created_at', newestFirst: false } as const;

/**
 * The next jobs that match, oldest first: of the unfinished, or of history.
 * @throws LedgerError `filter_invalid`
 */
export async function findMatching(
  tx: Transaction,
  { filter, spareRunning, table, after, most }: Question,
  secrets: Secrets,
): Promise<Matching> {
  const wanted = resolveFilter(filter);
  const keys = await findKeys(tx, { table, wanted, order: OLDEST_FIRST, after, most });
  const last = keys.at(-1);
  const rows = await readRows(tx, keys, wanted.payload.length > 0 ? ['payload'] : []);
  const isMeant = (row: ReadRow): boolean =>
    hasPayload(row, wanted, secrets) && !(spareRunning && row.job.state === 'active');
  return {
    ids: rows.filter(isMeant).map(({ job }) => job.id),
    type: rows[0]?.job.type,
    next: keys.length < most || !last ? undefined : { at: last.at, id: last.id },
  };
}
