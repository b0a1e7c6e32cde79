import type { FeedEntry } from '../api';
import type { FeedChange } from '../record/effects/feed';
import type { Transaction } from '../store/database';
import { shown } from './views';

/** Bundles that are read at a time: each is what one batch of records changed. */
const MOST_BUNDLES = 50;

interface Feed {
  seq: number;
  changes: FeedEntry[];
  lost: boolean;
}

/** What happened after `after`, oldest first; ask again with the `seq` of the answer. */
export async function readFeed(tx: Transaction, after: number | 'now'): Promise<Feed> {
  const { rows: heads } = await tx.query<{ head: number; oldest: number | null }>(
    "select value::float8 as head, (select min(seq) from feed)::float8 as oldest from heads where name = 'feed'",
  );
  const { head = 0, oldest = null } = heads[0] ?? {};
  if (after === 'now') return { seq: head, changes: [], lost: false };
  // A number that is still to come was given by another database.
  if (after > head || !Number.isSafeInteger(after)) return { seq: head, changes: [], lost: true };
  const lost = after < (oldest ?? head + 1) - 1;
  const { rows } = await tx.query<{ seq: number; changes: string }>(
    `select seq::float8 as seq, changes from feed where seq > $1 order by seq limit ${MOST_BUNDLES}`,
    [after],
  );
  const seq = rows.at(-1)?.seq ?? (lost ? head : after);
  return { seq, changes: rows.flatMap(toEntries), lost };
}

function toEntries({ seq, changes }: { seq: number; changes: string }): FeedEntry[] {
  return (JSON.parse(changes) as FeedChange[]).map((change) => ({
    ...change,
    seq,
    state: change.state as FeedEntry['state'],
    progress: shown(change.progress),
  }));
}
