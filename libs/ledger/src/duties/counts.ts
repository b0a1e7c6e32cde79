import type { Database } from '../store/database';
import type { Duty } from './duty';

/** Adds up the changes of the numbers of jobs, so that few rows are read for them. */
export class CountsDuty implements Duty {
  readonly name = 'counts';
  readonly everyMs = 5_000;
  readonly alone = true;

  constructor(private readonly database: Database) {}

  async run(): Promise<'done'> {
    await this.database.query(FOLD);
    return 'done';
  }
}

/** One statement: a sum replaces its parts at once for whoever reads. */
const FOLD = `
with several as (select queue, type, state from counts group by queue, type, state having count(*) > 1),
parts as (
  delete from counts using several
  where counts.queue = several.queue and counts.type = several.type and counts.state = several.state returning counts.*
)
insert into counts (queue, type, state, n, runs, ran_ms, last_at)
select queue, type, state, sum(n), sum(runs), sum(ran_ms), max(last_at) from parts group by queue, type, state`;
