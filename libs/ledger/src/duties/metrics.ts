import type { Database } from '../store/database';
import { type StatementDuty, statementDuty } from './statement-duty';

/** Adds up what batches of records told of one queue and minute, so that few rows are read for them. */
export const metricsDuty = (database: Database): StatementDuty =>
  statementDuty(database, { name: 'metrics', everyMs: 5_000, sql: FOLD });

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
