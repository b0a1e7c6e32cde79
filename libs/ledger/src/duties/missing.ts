import { PRIORITIES } from '@scutwork/jobs';
import { lockRows } from '../record/lock-rows';
import type { JobRow } from '../record/job-row';
import type { Recorder } from '../record/recorder';
import type { Transaction } from '../store/database';
import { databaseNow } from '../store/database-now';

/** A marker that a worker has reported. */
export interface ReportedProbe {
  id: string;
  queue: string;
  /** Its place in `PRIORITIES`. */
  priority: number;
  /** By the database's clock, ms since 1970. */
  sentAt: number;
}

/** A job of which nobody knows where it is, and when it came into the state that it is in. */
export type Missing = Map<string, number>;

export const levelOf = ({ queue, priority }: Pick<ReportedProbe, 'queue' | 'priority'>): string =>
  `${queue}.${PRIORITIES[priority] ?? ''}`;

/**
 * Jobs that must have come out of the work queue before the marker did, and are neither started nor held by any worker.
 * A job that a worker returned just then is among them: only who is missing twice, by two markers, is.
 */
export async function findMissing(tx: Transaction, probe: ReportedProbe, ladderGraceMs: number): Promise<Missing> {
  const { rows } = await tx.query<{ id: string; state_at: number }>(FIND, [
    probe.queue,
    probe.priority,
    probe.sentAt,
    probe.id,
    ladderGraceMs,
  ]);
  return new Map(rows.map(({ id, state_at }) => [id, Math.round(state_at)]));
}

/**
 * Of a suspect (`state_step` 1, due when it was told) the marker says nothing: it is in another queue. The broker keeps
 * what a worker held until it has noticed that the worker is gone: so lists of the last half hour count.
 */
const FIND = `
with listed as (
  select unnest(running || coalesce(held_jobs, '{}')) as id from workers where seen_at > now() - interval '30 minutes'
  union all select unnest(held) from probes where id = $4
)
select jobs.id, extract(epoch from state_at)::float8 * 1000 as state_at
from jobs
where queue = $1 and priority = $2 and not in_ledger and cancel_requested_at is null and payload is not null
  and (
    (state in ('waiting', 'delayed', 'retrying') and due_at < to_timestamp($3::float8 / 1000.0)
      and not (state = 'waiting' and state_step = 1 and due_at = state_at)
      and (due_at <= state_at
        or state_at + (due_at - state_at) * 1.25 + make_interval(secs => $5::float8 / 1000) < to_timestamp($3::float8 / 1000.0)))
    or (state = 'active' and state_at < to_timestamp($3::float8 / 1000.0))
  )
  and state_at < to_timestamp($3::float8 / 1000.0)
  and not exists (select 1 from listed where listed.id = jobs.id)
  and not exists (select 1 from outbox where outbox.job_id = jobs.id)
  and not exists (
    select 1 from control where key = 'revoke:' || jobs.id and (entry->>'generation')::int >= jobs.generation
  )
order by state_at limit 5000`;

/** Publishes jobs again from their rows: the same generation, the attempt that was to come. */
export async function publishAgain(tx: Transaction, recorder: Recorder, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await lockRows(tx);
  const now = await databaseNow(tx);
  await recorder.revise(tx, ids, (row) => row && dueAgain(row, now));
  await tx.query(
    `insert into outbox (job_id, generation) select id, generation from jobs where id = any($1::uuid[]) on conflict do nothing`,
    [ids],
  );
}

/** One that waits for its next attempt goes on doing so: by that its row says which attempt comes. */
function dueAgain(row: JobRow, now: number): JobRow {
  return { ...row, state: row.state === 'retrying' ? 'retrying' : 'waiting', stateAt: now, dueAt: now };
}
