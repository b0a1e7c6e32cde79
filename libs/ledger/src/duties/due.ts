import type { Database } from '../store/database';
import type { Duty } from './duty';

const MOST_JOBS = 1_000;

/**
 * Hands over to the relay what has waited in the ledger until now: far delays and debounced jobs, by the database's
 * clock. Blocked jobs wait for more than time.
 */
export class DueRelease implements Duty {
  readonly name = 'due';
  readonly everyMs = 250;
  readonly alone = false;

  /** @param onOutbox wakes the relay */
  constructor(
    private readonly database: Database,
    private readonly onOutbox?: () => void,
  ) {}

  async run(): Promise<'more' | 'done'> {
    const released = await this.database.query(RELEASE, [MOST_JOBS]);
    if (released.length > 0) this.onOutbox?.();
    return released.length === MOST_JOBS ? 'more' : 'done';
  }
}

const RELEASE = `
with due as (
  select id from jobs where in_ledger and due_at <= now() and state <> 'blocked'
  order by due_at limit $1 for update skip locked
), released as (
  update jobs set in_ledger = false from due where jobs.id = due.id returning jobs.id, jobs.generation, jobs.due_at
)
insert into outbox (job_id, generation) select id, generation from released order by due_at
on conflict (job_id, generation) do update set parked_until = null
returning seq`;
