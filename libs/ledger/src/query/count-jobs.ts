import { isFinalState } from '@scutwork/jobs/wire';
import type { JobCount, JobFilter } from '../api';
import type { Transaction } from '../store/database';
import { LedgerError } from '../store/ledger-error';
import { type Table, Values, tablesOf, wholeCondition } from './conditions';
import { type Wanted, resolveFilter } from './wanted';

/** More are not counted. */
const MOST_COUNTED = 10_000;

/**
 * How many jobs match. What the sums by queue, type and state tell is exact; anything else is counted up to a bound.
 * @throws LedgerError `filter_invalid`
 */
export async function countJobs(tx: Transaction, filter: JobFilter): Promise<JobCount> {
  const wanted = resolveFilter(filter);
  if (wanted.payload.length > 0) {
    const hint = 'List them instead: each is looked at.';
    throw new LedgerError('filter_invalid', 'Jobs cannot be counted by their payload.', { field: 'payload', hint });
  }
  if (isSummed(filter, wanted)) return { count: await sum(tx, wanted), atLeast: false };
  let count = 0;
  for (const table of tablesOf(wanted)) count += await countUpTo(tx, wanted, table, MOST_COUNTED + 1 - count);
  return { count: Math.min(count, MOST_COUNTED), atLeast: count > MOST_COUNTED };
}

const SUMMED = new Set(['queue', 'type', 'state']);

function isSummed(filter: JobFilter, { state }: Wanted): boolean {
  const used = Object.entries(filter).filter(([, value]) => value !== undefined);
  return used.every(([name]) => SUMMED.has(name)) && (state === undefined || isFinalState(state));
}

async function sum(tx: Transaction, { texts, state }: Wanted): Promise<number> {
  const { rows } = await tx.query<{ n: number }>(
    `select coalesce(sum(n), 0)::float8 as n from counts
     where ($1::text is null or queue = $1) and ($2::text is null or type = $2) and ($3::text is null or state = $3)`,
    [texts.queue ?? null, texts.type ?? null, state ?? null],
  );
  return rows[0]?.n ?? 0;
}

async function countUpTo(tx: Transaction, wanted: Wanted, table: Table, most: number): Promise<number> {
  if (most <= 0) return 0;
  const values = new Values();
  const where = wholeCondition(wanted, table, values);
  const { rows } = await tx.query<{ n: number }>(
    `select count(*)::int as n from (select from ${table} t where ${where} limit ${most}) found`,
    values.list,
  );
  return rows[0]?.n ?? 0;
}
