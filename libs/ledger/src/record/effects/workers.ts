import type { RecordedEvent } from '@scutwork/jobs/wire';
import type { Effect } from '../change';

type Seen = Extract<RecordedEvent, { event: 'worker.seen' }>;

/** Heartbeats: the newest of each worker, by its own clock. One that says it leaves is gone at once. */
export const noteWorkers: Effect = async (tx, _changes, facts) => {
  const newest = new Map<string, Seen>();
  for (const fact of facts) {
    if (fact.event !== 'worker.seen') continue;
    const known = newest.get(fact.worker);
    if (!known || fact.at >= known.at) newest.set(fact.worker, fact);
  }
  if (newest.size === 0) return;
  await tx.query(PUT_WORKERS, [
    JSON.stringify([...newest.values()].sort((a, b) => (a.worker < b.worker ? -1 : 1)).map(columnsOf)),
  ]);
};

const PUT_WORKERS = `
insert into workers (name, queues, types, running, held, held_jobs, control_version, slots, started_at, said_at, pulse, seen_at, gone)
select name, queues, types, running, held, held_jobs, control_version, slots, to_timestamp(started_at / 1000.0), to_timestamp(said_at / 1000.0),
  (select value from heads where heads.name = 'pulse'), now(), gone
from json_to_recordset($1::json) as row (
  name text, queues text[], types text[], running uuid[], held int, held_jobs uuid[], control_version bigint, slots json, started_at float8, said_at float8, gone boolean
)
on conflict (name) do update set
  queues = excluded.queues, types = excluded.types, running = excluded.running, held = excluded.held,
  held_jobs = excluded.held_jobs,
  control_version = excluded.control_version, slots = excluded.slots, started_at = excluded.started_at, said_at = excluded.said_at,
  pulse = excluded.pulse, seen_at = excluded.seen_at, gone = excluded.gone
where workers.said_at <= excluded.said_at`;

function columnsOf(seen: Seen): Record<string, unknown> {
  return {
    name: seen.worker,
    queues: seen.queues,
    types: seen.types,
    running: seen.running,
    held: seen.held,
    held_jobs: seen.heldJobs,
    control_version: seen.controlVersion,
    slots: seen.slots,
    started_at: seen.startedAt,
    said_at: seen.at,
    gone: seen.leaving === true,
  };
}
