import { FINAL_STATES } from '@scutwork/jobs';
import type { JobFilter, JobView } from '../api';
import type { Columns } from '../record/columns';
import type { Secrets } from '../record/secrets';
import type { Transaction } from '../store/database';
import { LedgerError } from '../store/ledger-error';
import { Values, matchCondition, placeCondition } from './conditions';
import type { Place } from './cursor';
import { hasPayload } from './list-jobs';
import { columns, toReadRow } from './read-rows';
import type { Reader } from './reader';
import { toView } from './views';
import { type Wanted, resolveFilter } from './wanted';

/** Rows looked at by one statement; and how large they may be together: some have payloads of a megabyte. */
const MOST_ROWS = 1_000;
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Finished jobs from the first to the last, a batch at a time. Each batch is a short transaction of its own, which begins
 * where the one before ended: a slow reader holds up nothing, and what ends meanwhile is read too.
 * @throws LedgerError `filter_invalid`
 */
export async function* readHistory(reader: Reader, filter: JobFilter, secrets: Secrets): AsyncGenerator<JobView[]> {
  const wanted = resolveFilter(filter);
  if (wanted.state !== undefined && !FINAL_STATES.some((state) => state === wanted.state)) {
    const hint = `History has ${FINAL_STATES.join(', ')}.`;
    throw new LedgerError('filter_invalid', 'Jobs in this state are not finished.', { field: 'state', hint });
  }
  let after: Place | undefined;
  do {
    const batch = await reader.read((tx) => readBatch(tx, wanted, after));
    const rows = batch.rows.map(toReadRow).filter((row) => hasPayload(row, wanted, secrets));
    if (rows.length > 0) yield rows.map((row) => toView(row, secrets));
    after = batch.last;
  } while (after);
}

interface Batch {
  rows: Columns[];
  /** Where the next begins; undefined at the end. */
  last: Place | undefined;
}

type BatchRow = Columns & { last_at: number; last_id: string; looked: number };

/** The bytes are known without the texts being read: only what fits is. */
async function readBatch(tx: Transaction, wanted: Wanted, after: Place | undefined): Promise<Batch> {
  const values = new Values();
  const where = [placeCondition(wanted, 'history', values)];
  if (wanted.from !== undefined) where.push(`t.created_at >= ${values.moment(wanted.from)}`);
  if (wanted.to !== undefined) where.push(`t.created_at <= ${values.moment(wanted.to)}`);
  if (after) where.push(`(t.finished_at, t.id) > (${values.moment(after.at)}, ${values.add(after.id)}::uuid)`);
  const { rows } = await tx.query<BatchRow>(
    `with looked as materialized (
       select t.id, t.shelf, t.finished_at, row_number() over place as n,
         sum(coalesce(octet_length(t.payload), 0) + coalesce(octet_length(t.result), 0) + octet_length(t.runs)) over place as bytes
       from (select * from history t where ${where.join(' and ')} order by t.finished_at, t.id limit ${MOST_ROWS}) t
       window place as (order by t.finished_at, t.id)
     ), taken as materialized (select * from looked where n = 1 or bytes <= ${MOST_BYTES}),
     last as (select id, finished_at, (select count(*) from looked) > n or n = ${MOST_ROWS} as more from taken order by n desc limit 1)
     select last.id as last_id, extract(epoch from last.finished_at)::float8 * 1000 as last_at, last.more, found.*
     from last left join lateral (
       select ${columns(true)} from taken join history t
         on t.id = taken.id and t.shelf = taken.shelf and t.finished_at = taken.finished_at
       where ${matchCondition(wanted, 'history', values)} order by taken.n
     ) found on true`,
    values.list,
  );
  const [first] = rows;
  if (!first) return { rows: [], last: undefined };
  const last = first.more === true ? { at: Math.round(first.last_at), id: first.last_id } : undefined;
  return { rows: rows.filter(({ id }) => id !== null), last };
}
