-- $1: ids. Sorted, so that of two transactions none waits for the other in a circle.
select
  id, key, type, queue, priority, generation, base_generation, state, state_generation,
  date_part('epoch', state_at) * 1000 as state_at, state_step, attempt, delivery, max_attempts, timeout_ms,
  backoff, date_part('epoch', expires_at) * 1000 as expires_at, payload, version, result, progress, progress_place,
  error, error_text, fingerprint, dead_reason, runs, tags, tenant, correlation_id, group_key, schedule,
  date_part('epoch', scheduled_for) * 1000 as scheduled_for, flow, traceparent, worker, origin,
  date_part('epoch', created_at) * 1000 as created_at,
  date_part('epoch', submitted_at) * 1000 as submitted_at, date_part('epoch', due_at) * 1000 as due_at,
  date_part('epoch', started_at) * 1000 as started_at, date_part('epoch', finished_at) * 1000 as finished_at,
  date_part('epoch', cancel_requested_at) * 1000 as cancel_requested_at, keep_ms, unique_key, in_ledger
from jobs where id = any($1::uuid[]) order by id for update
