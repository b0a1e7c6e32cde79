import { FINAL_STATES } from '@scutwork/jobs';
import { isFinalState } from '@scutwork/jobs/wire';
import type { JobFilter, JobView } from '../api';
import type { Columns } from '../record/columns';
import type { Transaction } from '../store/database';
import { LedgerError } from '../store/ledger-error';
import { Values, matchCondition, placeCondition } from './conditions';
import type { Place } from './cursor';
import { hasPayload } from './list-jobs';
import { columns, toReadRow } from './read-rows';
import type { Reader } from './reader';
import { type Shown, toView } from './views';
import { type Wanted, resolveFilter } from './wanted';

/** Rows looked at by one statement; and how large they may be together: some have payloads of a megabyte. */
const MOST_ROWS = 1_000;
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Finished jobs from the first to the last, a batch at a time. Each batch is a short transaction of its own, which begins
 * where the one before ended: a slow reader holds up nothing, and what ends meanwhile is read too.
 * @throws LedgerError `filter_invalid`
 */
export async function* readHistory(reader: Reader, filter: JobFilter, shown: Shown): AsyncGenerator<JobView[]> {
  const wanted = resolveFilter(filter);
  if (wanted.state !== undefined && !isFinalState(wanted.state)) {
    const hint = `History has ${FINAL_STATES.join(', ')}.`;
    throw new LedgerError('filter_invalid', 'Jobs in this state are not finished.', { field: 'state', hint });
  }
  let after: Place | undefined;
  do {
    const batch = await reader.read((tx) => readBatch(tx, wanted, after));
    const rows = batch.rows.map(toReadRow).filter((row) => hasPayload(row, wanted, shown.secrets));
    if (rows.length > 0) yield rows.map((row) => toView(row, shown));
    after = batch.last;
  } while (after);
}

interface Batch {
  rows: Columns[];
  /** Where the next begins; undefined at the end. */
  last: Place | undefined;
}

type BatchRow = Columns & { id: string; finished_at: number; matches: boolean; is_last: boolean };

const BYTES = 'coalesce(octet_length(t.payload), 0) + coalesce(octet_length(t.result), 0) + octet_length(t.runs)';

/** The bytes are known without the texts being read: only what fits is. The last row looked at comes in any case. */
async function readBatch(tx: Transaction, wanted: Wanted, after: Place | undefined): Promise<Batch> {
  const values = new Values();
  const where = [placeCondition(wanted, 'history', values)];
  if (wanted.from !== undefined) where.push(`t.created_at >= ${values.moment(wanted.from)}`);
  if (wanted.to !== undefined) where.push(`t.created_at <= ${values.moment(wanted.to)}`);
  if (after) where.push(`(t.finished_at, t.id) > (${values.moment(after.at)}, ${values.add(after.id)}::uuid)`);
  const { rows } = await tx.query<BatchRow>(
    `select *, n = ${MOST_ROWS} or bytes_with_next > ${MOST_BYTES} as is_last from (
       select ${columns(true)}, (${matchCondition(wanted, 'history', values)}) is true as matches,
         row_number() over place as n, sum(${BYTES}) over (place rows unbounded preceding) as bytes,
         sum(${BYTES}) over (place rows between unbounded preceding and 1 following) as bytes_with_next
       from (select * from history t where ${where.join(' and ')} order by t.finished_at, t.id limit ${MOST_ROWS}) t
       window place as (order by t.finished_at, t.id)
     ) looked
     where (n = 1 or bytes <= ${MOST_BYTES}) and (matches or n = ${MOST_ROWS} or bytes_with_next > ${MOST_BYTES}) order by n`,
    values.list,
  );
  const end = rows.at(-1);
  const last = end?.is_last === true ? { at: Math.round(end.finished_at), id: end.id } : undefined;
  return { rows: rows.filter(({ matches }) => matches), last };
}
