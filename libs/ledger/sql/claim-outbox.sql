-- $1: most messages; $2: bytes of payloads after which no more are taken.
-- Claimed until the transaction ends; other relays pass them by. Of those that stand aside some whose time has come are
-- looked at too, behind the others. What exceeds the bytes is left for the next time.
-- A message whose job is finished, was moved on under a later generation or was taken back has no `id`.
with ready as materialized (
  select seq, job_id, generation, false as aside from outbox
  where parked_until is null order by seq limit $1 for update skip locked
), due as materialized (
  select seq, job_id, generation, true as aside from outbox
  where parked_until <= now() order by parked_until limit 100 for update skip locked
), sized as (
  select claimed.seq, aside, jobs.*,
    coalesce(sum(octet_length(payload)) over (order by aside, seq rows between unbounded preceding and 1 preceding), 0) as before
  from (select * from ready union all select * from due) as claimed
  left join jobs on jobs.id = claimed.job_id and jobs.generation <= claimed.generation and not in_ledger
)
select
  seq, id, key, type, queue, priority, generation, base_generation, state, state_generation,
  extract(epoch from state_at) * 1000 as state_at, state_step, attempt, delivery, max_attempts, timeout_ms,
  backoff, extract(epoch from expires_at) * 1000 as expires_at, payload, version, runs, tags, tenant, correlation_id, group_key,
  schedule, extract(epoch from scheduled_for) * 1000 as scheduled_for, flow, traceparent, origin, extract(epoch from created_at) * 1000 as created_at,
  extract(epoch from submitted_at) * 1000 as submitted_at, extract(epoch from due_at) * 1000 as due_at
from sized where before < $2 order by aside, seq
