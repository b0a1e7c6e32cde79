-- $1: jobs of which nothing is known but their submission, as a JSON array of rows; times in milliseconds since 1970.
-- What all of them have alike is written here: half the work of `put-jobs.sql`.
insert into jobs (
  id, key, type, queue, priority, generation, base_generation, state, state_generation, state_at, state_step,
  attempt, delivery, max_attempts, timeout_ms, backoff, expires_at, payload, runs, tags, tenant, correlation_id,
  schedule, scheduled_for, origin, created_at, submitted_at, due_at, keep_ms, unique_key, terms, in_ledger
)
select
  id, key, type, queue, priority, 0, 0, state, 0, to_timestamp(submitted_at / 1000.0), 0,
  0, 0, max_attempts, timeout_ms, backoff, to_timestamp(expires_at / 1000.0), payload, '[]', tags, tenant,
  correlation_id, schedule, to_timestamp(scheduled_for / 1000.0), origin, to_timestamp(created_at / 1000.0), to_timestamp(submitted_at / 1000.0),
  to_timestamp(due_at / 1000.0), keep_ms, unique_key, terms, in_ledger
from json_to_recordset($1::json) as row (
  id uuid, key text, type text, queue text, priority smallint, state text, max_attempts int, timeout_ms bigint,
  backoff text, expires_at float8, payload text, tags text[], tenant text, correlation_id text,
  schedule text, scheduled_for float8, origin text, created_at float8,
  submitted_at float8, due_at float8, keep_ms bigint, unique_key text, terms int[], in_ledger boolean
)
