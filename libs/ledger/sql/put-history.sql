-- $1: finished jobs as a JSON array of rows; times in milliseconds since 1970.
insert into history (
  id, key, type, queue, priority, generation, base_generation, state, state_generation, state_at, state_step,
  attempt, delivery, max_attempts, timeout_ms, backoff, expires_at, payload, result, progress,
  progress_place, error, error_text, fingerprint, dead_reason, runs, tags, tenant, correlation_id, group_key,
  schedule, scheduled_for, flow, traceparent, worker, origin, created_at, submitted_at, due_at, started_at,
  finished_at, cancel_requested_at, keep_ms, unique_key, terms, shelf
)
select
  id, key, type, queue, priority, generation, base_generation, state, state_generation,
  to_timestamp(state_at / 1000.0), state_step, attempt, delivery, max_attempts, timeout_ms, backoff,
  to_timestamp(expires_at / 1000.0), payload, result, progress, progress_place, error, error_text,
  fingerprint, dead_reason, runs, tags, tenant, correlation_id, group_key, schedule,
  to_timestamp(scheduled_for / 1000.0), flow, traceparent, worker, origin, to_timestamp(created_at / 1000.0),
  to_timestamp(submitted_at / 1000.0), to_timestamp(due_at / 1000.0), to_timestamp(started_at / 1000.0),
  to_timestamp(finished_at / 1000.0), to_timestamp(cancel_requested_at / 1000.0), keep_ms, unique_key, terms, shelf
from json_to_recordset($1::json) as row (
    id uuid, key text, type text, queue text, priority smallint, generation int, base_generation int,
    state text, state_generation int, state_at float8, state_step smallint, attempt int, delivery int,
    max_attempts int, timeout_ms bigint, backoff text, expires_at float8, payload text, result text,
    progress text, progress_place text, error text, error_text text, fingerprint text, dead_reason text,
    runs text, tags text[], tenant text, correlation_id text, group_key text, schedule text,
    scheduled_for float8, flow text, traceparent text, worker text, origin text, created_at float8,
    submitted_at float8, due_at float8, started_at float8, finished_at float8, cancel_requested_at float8,
    keep_ms bigint, unique_key text, terms int[], shelf smallint
)
