import { LEASE_MS } from '@scutwork/jobs/wire';
import { SILENT_PULSES } from '../record/effects/pulse';
import type { Transaction } from '../store/database';
import type { Sharer, StandingCap } from './shares';

/** How long an attempt of a queue's jobs may take at most, in milliseconds, as far as the job types tell. */
export type LongestAttempt = (queue: string) => number;

/**
 * The workers of a capped queue, and those that were and still have something of the cap.
 *
 * One that is gone, and did not say that all was done, can run nothing any more when each job it ran has ended or runs
 * elsewhere, or when it has been silent for its lease and the longest attempt.
 */
export async function readSharers(tx: Transaction, cap: StandingCap, longestMs: number): Promise<Sharer[]> {
  const named = [...Object.keys(cap.shares), ...Object.keys(cap.kept)];
  const { rows } = await tx.query<SharerRow>(SHARERS, [cap.queue, named, SILENT_PULSES, LEASE_MS, longestMs]);
  return rows.map(({ most, ...row }) => ({ ...row, most: most ?? Number.POSITIVE_INFINITY }));
}

type SharerRow = Omit<Sharer, 'most'> & { most: number | null };

/**
 * Who said that it leaves is gone before it can have been silent for so long. A worker that does not tell its slots
 * runs at most as many of the queue as it runs of all.
 */
const SHARERS = `
select name, coalesce(control_version, 0)::float8 as version,
  (slots->$1::text->>'most')::float8 as most, coalesce((slots->$1::text->>'taken')::float8, cardinality(running)) as taken,
  case
    when not gone then 'live'
    when over then 'ended'
    when pulse > (select value from heads where heads.name = 'pulse') - $3 then 'left'
    else 'silent'
  end as standing
from workers cross join lateral (
  select gone and (
    seen_at + make_interval(secs => ($4 + greatest($5::float8,
      (select max(timeout_ms) from jobs where id = any(running)))) / 1000.0) < now()
    or (
      not exists (
        select from unnest(running) as ran (id)
        where not exists (select from history where history.id = ran.id)
          and not exists (select from jobs where jobs.id = ran.id and state = 'active' and jobs.worker <> workers.name)
      )
      and not exists (select from jobs where queue = $1::text and state = 'active' and jobs.worker = workers.name)
    )
  ) as over
) as past
where $1::text = any(queues) and (not gone or name = any($2::text[]))`;
