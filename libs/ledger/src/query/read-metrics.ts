import { durationMs } from '@scutwork/jobs';
import type { MetricsPoint, MetricsQuery, MetricsView } from '../api';
import { LedgerError } from '../store/ledger-error';
import type { Transaction } from '../store/database';

const MINUTE_MS = 60_000;
const DEFAULT_RANGE_MS = 60 * MINUTE_MS;
/** A minute of each of 14 days would be 20,160: nobody looks at so many. */
const MOST_POINTS = 1_500;

/** What is to be read, checked. Times are milliseconds since 1970, whole minutes. */
export interface MetricsRange {
  queue: string | null;
  from: number;
  to: number;
  stepMs: number;
}

/** @throws LedgerError `filter_invalid`, `query_too_broad` naming the field */
export function resolveMetrics({ queue, from, to, step = MINUTE_MS }: MetricsQuery, now: number): MetricsRange {
  const stepMs = durationMs(step);
  if (stepMs === undefined || stepMs < MINUTE_MS || stepMs % MINUTE_MS !== 0) {
    throw new LedgerError('filter_invalid', '`step` is no number of whole minutes.', {
      field: 'step',
      hint: 'For example "1m", "1h" or 300000.',
    });
  }
  const end = to === undefined ? now : momentOf('to', to);
  const start = from === undefined ? end - DEFAULT_RANGE_MS : momentOf('from', from);
  const range = {
    queue: queue ?? null,
    from: floor(start, stepMs),
    to: Math.ceil(end / MINUTE_MS) * MINUTE_MS,
    stepMs,
  };
  if (range.to <= range.from) {
    throw new LedgerError('filter_invalid', '`from` is not before `to`.', { field: 'from', hint: 'Swap the two.' });
  }
  if ((range.to - range.from) / stepMs <= MOST_POINTS) return range;
  throw new LedgerError('query_too_broad', `That would be more than ${MOST_POINTS} points.`, {
    field: 'step',
    hint: 'Use a longer step or a shorter time.',
  });
}

const floor = (at: number, stepMs: number): number => Math.floor(at / stepMs) * stepMs;

function momentOf(field: string, text: string): number {
  const at = Date.parse(text);
  if (Number.isFinite(at)) return at;
  throw new LedgerError('filter_invalid', `\`${field}\` is not a moment.`, { field, hint: 'ISO 8601 with a zone.' });
}

interface Row extends Omit<MetricsPoint, 'at' | 'averageRunMs' | 'longestRunMs'> {
  at: number;
  ended: number;
  ran_ms: number;
  most_ran_ms: number;
}

/** Sums of what was told minute by minute; steps in which nothing happened are left out. */
export async function readMetrics(tx: Transaction, { queue, from, to, stepMs }: MetricsRange): Promise<MetricsView> {
  const { rows } = await tx.query<Row>(READ, [from, to, queue, stepMs]);
  const iso = (at: number): string => new Date(at).toISOString();
  const items = rows.map(({ at, ended, ran_ms: ranMs, most_ran_ms: mostMs, ...numbers }): MetricsPoint => ({
    at: iso(at),
    ...numbers,
    ...(ended > 0 ? { averageRunMs: Math.round(ranMs / ended), longestRunMs: mostMs } : {}),
  }));
  return { from: iso(from), to: iso(to), stepMs, queue: queue ?? undefined, items };
}

const READ = `
select floor(extract(epoch from minute) * 1000 / $4::float8) * $4::float8 as at,
  sum(accepted)::float8 as accepted, sum(started)::float8 as started, sum(completed)::float8 as completed,
  sum(failed)::float8 as failed, sum(dead)::float8 as dead, sum(cancelled)::float8 as cancelled,
  sum(expired)::float8 as expired, sum(ended)::float8 as ended, sum(ran_ms)::float8 as ran_ms,
  max(most_ran_ms)::float8 as most_ran_ms
from metrics
where minute >= to_timestamp($1::float8 / 1000) and minute < to_timestamp($2::float8 / 1000)
  and ($3::text is null or queue = $3)
group by 1 order by 1`;
