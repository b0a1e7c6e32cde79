import type { DeadGroup, JobFilter } from '../api';
import type { Transaction } from '../store/database';
import { LedgerError } from '../store/ledger-error';
import { Values, wholeCondition } from './conditions';
import { resolveFilter } from './wanted';

/** The newest dead jobs that are looked at. */
const MOST_LOOKED = 20_000;
const MOST_GROUPS = 200;

interface GroupRow {
  fingerprint: string | null;
  type: string;
  error: string | null;
  count: number;
  first: number;
  last: number;
  sample_id: string;
}

/** Of the newest dead jobs that match: which errors there are, the most frequent first. */
export async function readDeadGroups(tx: Transaction, filter: JobFilter): Promise<DeadGroup[]> {
  const wanted = { ...resolveFilter(filter), state: 'dead' as const };
  if (wanted.payload.length > 0) {
    const hint = 'List the dead jobs with this filter, or group them without it.';
    throw new LedgerError('filter_invalid', 'Groups cannot be made by the payload.', { field: 'payload', hint });
  }
  const values = new Values();
  const where = wholeCondition(wanted, 'history', values);
  const { rows } = await tx.query<GroupRow>(
    `select fingerprint, type, count(*)::int as count,
       (array_agg(error_text order by finished_at desc))[1] as error, (array_agg(id order by finished_at desc))[1] as sample_id,
       extract(epoch from min(finished_at))::float8 * 1000 as first, extract(epoch from max(finished_at))::float8 * 1000 as last
     from (
       select fingerprint, type, left(error_text, 500) as error_text, id, finished_at from history t
       where ${where} order by finished_at desc, id desc limit ${MOST_LOOKED}
     ) newest
     group by fingerprint, type order by count desc, last desc limit ${MOST_GROUPS}`,
    values.list,
  );
  return rows.map(toGroup);
}

function toGroup({ fingerprint, type, error, count, first, last, sample_id: sampleId }: GroupRow): DeadGroup {
  const iso = (ms: number): string => new Date(Math.round(ms)).toISOString();
  return {
    fingerprint: fingerprint ?? '',
    type,
    error: error ?? '',
    count,
    first: iso(first),
    last: iso(last),
    sampleId,
  };
}
