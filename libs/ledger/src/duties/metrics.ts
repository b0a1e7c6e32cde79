import type { Database } from '../store/database';
import type { Duty } from './duty';

/** Adds up what batches of records told of one queue and minute, so that few rows are read for them. */
export class MetricsDuty implements Duty {
  readonly name = 'metrics';
  readonly everyMs = 5_000;
  readonly alone = true;

  constructor(private readonly database: Database) {}

  async run(): Promise<'done'> {
    await this.database.query(FOLD);
    return 'done';
  }
}

/** One statement: a sum replaces its parts at once for whoever reads. Minutes of which nothing new was told are not read. */
const FOLD = `
with parts as (delete from metrics where not folded returning *),
touched as (select distinct queue, minute from parts),
standing as (
  delete from metrics using touched
  where metrics.folded and metrics.queue = touched.queue and metrics.minute = touched.minute returning metrics.*
),
all_parts as (select * from parts union all select * from standing)
insert into metrics (
  queue, minute, accepted, started, completed, failed, dead, cancelled, expired, ended, ran_ms, most_ran_ms, folded
)
select queue, minute, sum(accepted), sum(started), sum(completed), sum(failed), sum(dead), sum(cancelled), sum(expired),
  sum(ended), sum(ran_ms), max(most_ran_ms), true
from all_parts group by queue, minute`;
