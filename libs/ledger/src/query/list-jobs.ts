import type { JobQuery, JobSummary, Page } from '../api';
import type { Secrets } from '../record/secrets';
import { walkScalars } from '../record/terms';
import type { Transaction } from '../store/database';
import { isUuid } from '../store/is-uuid';
import { LedgerError } from '../store/ledger-error';
import { tablesOf } from './conditions';
import { type Place, readCursor, writeCursor } from './cursor';
import { type Key, type Order, findKeys, sortKeys } from './find-keys';
import { pageSize } from './page-size';
import { type ReadRow, readRows } from './read-rows';
import { type Shown, toSummary } from './views';
import { type Wanted, hashOf, resolveFilter } from './wanted';

const ORDERS: Record<NonNullable<JobQuery['sort']>, Order> = {
  '-created': { column: 'created_at', newestFirst: true },
  created: { column: 'created_at', newestFirst: false },
  '-finished': { column: 'finished_at', newestFirst: true },
  finished: { column: 'finished_at', newestFirst: false },
};

/** A page whose rows turn out not to match is filled up so many times; then it is short, and goes on by its cursor. */
const MOST_ROUNDS = 4;

/** A question that has been checked. */
interface Listing {
  wanted: Wanted;
  order: Order;
  limit: number;
  after: Place | undefined;
  shown: Shown;
}

/** @throws LedgerError `filter_invalid`, `cursor_invalid`; before anything is asked of the database */
export function resolveQuery(
  { filter, sort = '-created', limit, cursor }: JobQuery,
  shown: Shown,
): Listing & { hash: string } {
  if (!Object.hasOwn(ORDERS, sort)) {
    const hint = `There are ${Object.keys(ORDERS).join(', ')}.`;
    throw new LedgerError('filter_invalid', 'There is no such order.', { field: 'sort', hint });
  }
  const wanted = resolveFilter(filter);
  const hash = hashOf(wanted, sort);
  return {
    wanted,
    order: ORDERS[sort],
    limit: pageSize(limit),
    after: readCursor(cursor, hash, isUuid),
    shown,
    hash,
  };
}

export async function listJobs(tx: Transaction, listing: ReturnType<typeof resolveQuery>): Promise<Page<JobSummary>> {
  const rows: ReadRow[] = [];
  let { after } = listing;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { read, last, more } = await readPage(tx, { ...listing, after, limit: listing.limit - rows.length });
    rows.push(...read);
    after = more ? last : undefined;
    if (!after || rows.length === listing.limit) break;
  }
  const items = rows.map((row) => toSummary(row, listing.shown.attempts));
  return after ? { items, cursor: writeCursor(after, listing.hash) } : { items };
}

interface ReadPage {
  read: ReadRow[];
  last: Key | undefined;
  more: boolean;
}

async function readPage(tx: Transaction, { wanted, order, limit, after, shown }: Listing): Promise<ReadPage> {
  const keys: Key[] = [];
  for (const table of tablesOf(wanted)) {
    // What is not finished has no place among what is sorted by its end.
    if (table === 'jobs' && order.column === 'finished_at') continue;
    keys.push(...(await findKeys(tx, { table, wanted, order, after, most: limit + 1 })));
  }
  const sorted = sortKeys(keys, order);
  const page = sorted.slice(0, limit);
  const rows = await readRows(tx, page, wanted.payload.length > 0 ? ['payload'] : []);
  return {
    read: rows.filter((row) => hasPayload(row, wanted, shown.secrets)),
    last: page.at(-1),
    more: sorted.length > limit,
  };
}

/** Whether each field that is wanted is in the payload: a hash that is alike proves nothing. Values compare as texts. */
export function hasPayload({ job }: ReadRow, { payload }: Wanted, secrets: Secrets): boolean {
  if (payload.length === 0) return true;
  const found = new Set<string>();
  try {
    walkScalars(JSON.parse(job.payload ?? ''), secrets(job.type), (path, scalar) => {
      found.add(`${path}\n${String(scalar)}`);
    });
  } catch {
    return false; // Foreign bodies need not be JSON: they have no fields.
  }
  return payload.every(([path, value]) => found.has(`${path}\n${String(value)}`));
}
