-- $1: most messages; $2: bytes of payloads after which no more are taken.
-- Claimed until the transaction ends; other relays pass them by. Of those that stand aside some whose time has come are
-- looked at too, behind the others. What exceeds the bytes is left for the next time.
-- Of a job only what its message is made of: `Publishable` in message-of.ts.
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
  seq, id, key, type, priority, generation, state, attempt, max_attempts, timeout_ms, backoff, payload, version, tags,
  tenant, correlation_id, group_key, schedule, flow, traceparent, date_part('epoch', expires_at) * 1000 as expires_at,
  date_part('epoch', scheduled_for) * 1000 as scheduled_for, date_part('epoch', created_at) * 1000 as created_at,
  date_part('epoch', submitted_at) * 1000 as submitted_at, date_part('epoch', due_at) * 1000 as due_at
from sized where before < $2 order by aside, seq
