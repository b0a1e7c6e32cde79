-- $1: unfinished jobs as a JSON array of rows; times in milliseconds since 1970.
-- `in_ledger` counts for new rows alone: where a known job is does not change by what is told of it.
insert into jobs (
  id, key, type, queue, priority, generation, base_generation, state, state_generation, state_at, state_step,
  attempt, delivery, max_attempts, timeout_ms, backoff, expires_at, payload, version, result, progress,
  progress_place, error, error_text, fingerprint, dead_reason, runs, tags, tenant, correlation_id, group_key,
  schedule, scheduled_for, flow, traceparent, worker, origin, created_at, submitted_at, due_at, started_at,
  finished_at, cancel_requested_at, keep_ms, unique_key, terms, in_ledger
)
select
  id, key, type, queue, priority, generation, base_generation, state, state_generation,
  to_timestamp(state_at / 1000.0), state_step, attempt, delivery, max_attempts, timeout_ms, backoff,
  to_timestamp(expires_at / 1000.0), payload, version, result, progress, progress_place, error, error_text,
  fingerprint, dead_reason, runs, tags, tenant, correlation_id, group_key, schedule,
  to_timestamp(scheduled_for / 1000.0), flow, traceparent, worker, origin, to_timestamp(created_at / 1000.0),
  to_timestamp(submitted_at / 1000.0), to_timestamp(due_at / 1000.0), to_timestamp(started_at / 1000.0),
  to_timestamp(finished_at / 1000.0), to_timestamp(cancel_requested_at / 1000.0), keep_ms, unique_key, terms,
  coalesce(in_ledger, false)
from json_to_recordset($1::json) as row (
    id uuid, key text, type text, queue text, priority smallint, generation int, base_generation int,
    state text, state_generation int, state_at float8, state_step smallint, attempt int, delivery int,
    max_attempts int, timeout_ms bigint, backoff text, expires_at float8, payload text, version int, result text,
    progress text, progress_place text, error text, error_text text, fingerprint text, dead_reason text,
    runs text, tags text[], tenant text, correlation_id text, group_key text, schedule text,
    scheduled_for float8, flow text, traceparent text, worker text, origin text, created_at float8,
    submitted_at float8, due_at float8, started_at float8, finished_at float8, cancel_requested_at float8,
    keep_ms bigint, unique_key text, terms int[], in_ledger boolean
)
on conflict (id) do update set
  key = excluded.key, type = excluded.type, queue = excluded.queue, priority = excluded.priority,
  generation = excluded.generation, base_generation = excluded.base_generation, state = excluded.state,
  state_generation = excluded.state_generation, state_at = excluded.state_at,
  state_step = excluded.state_step, attempt = excluded.attempt, delivery = excluded.delivery,
  max_attempts = excluded.max_attempts, timeout_ms = excluded.timeout_ms, backoff = excluded.backoff,
  expires_at = excluded.expires_at, payload = excluded.payload, version = excluded.version, result = excluded.result,
  progress = excluded.progress, progress_place = excluded.progress_place, error = excluded.error,
  error_text = excluded.error_text, fingerprint = excluded.fingerprint, dead_reason = excluded.dead_reason,
  runs = excluded.runs, tags = excluded.tags, tenant = excluded.tenant,
  correlation_id = excluded.correlation_id, group_key = excluded.group_key, schedule = excluded.schedule,
  scheduled_for = excluded.scheduled_for, flow = excluded.flow, traceparent = excluded.traceparent,
  worker = excluded.worker, origin = excluded.origin, created_at = excluded.created_at,
  submitted_at = excluded.submitted_at, due_at = excluded.due_at, started_at = excluded.started_at,
  finished_at = excluded.finished_at, cancel_requested_at = excluded.cancel_requested_at,
  keep_ms = excluded.keep_ms, unique_key = excluded.unique_key, terms = excluded.terms
