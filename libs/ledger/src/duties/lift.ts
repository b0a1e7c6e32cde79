import { changeControl } from '../control/control-store';
import { lockRows } from '../record/lock-rows';
import type { Database } from '../store/database';
import type { Duty } from './duty';

const MOST = 1_000;
/** A job that was cancelled before its record came, and of which none ever came. Days. */
const NEVER_TOLD_DAYS = 7;

/**
 * Lifts revocations whose messages cannot come any more: a probe that was sent when they were in their work queue at
 * the latest has come out of every level of it, and no worker holds them. That a worker has dropped one says nothing of its
 * copies: it only brings that moment nearer (`record/effects/revocations.ts`).
 */
export class Lift implements Duty {
  readonly name = 'lift';
  readonly everyMs = 30_000;
  readonly alone = true;

  constructor(private readonly database: Database) {}

  async run(): Promise<'more' | 'done'> {
    return this.database.transaction(async (tx) => {
      await lockRows(tx);
      const { rows } = await tx.query<{ key: string }>(PASSED, [MOST, NEVER_TOLD_DAYS]);
      await changeControl(tx, { lift: rows.map(({ key }) => key) });
      return rows.length === MOST ? 'more' : 'done';
    });
  }
}

const PASSED = `
with passed as (
  select queue, min(sent_at) as sent_at
  from (
    select queue, priority, max(sent_at) as sent_at from probes where judged_at is not null group by queue, priority
  ) as levels
  group by queue having count(*) = 4
)
select key from control left join passed using (queue)
where key like 'revoke%' and (passed.sent_at > passable_at or (control.queue is null and control.at < now() - make_interval(days => $2)))
  and not exists (
    select 1 from workers where workers.seen_at > now() - interval '30 minutes' and (
      (entry->>'id')::uuid = any(running) or (entry->>'id')::uuid = any(held_jobs) or (held > 0 and held_jobs is null)
    )
  )
  and not exists (
    select 1 from jobs where cancel_requested_at is not null
      and (jobs.id = (entry->>'id')::uuid or (key like 'revoke-all:%' and jobs.queue = entry->>'queue'))
  )
order by key limit $1`;
