import type { Database } from '../store/database';
import { type StatementDuty, statementDuty } from './statement-duty';

/** Adds up the changes of the numbers of jobs, so that few rows are read for them. */
export const countsDuty = (database: Database): StatementDuty =>
  statementDuty(database, { name: 'counts', everyMs: 5_000, sql: FOLD });

/** One statement: a sum replaces its parts at once for whoever reads. */
const FOLD = `
with several as (select queue, type, state from counts group by queue, type, state having count(*) > 1),
parts as (
  delete from counts using several
  where counts.queue = several.queue and counts.type = several.type and counts.state = several.state returning counts.*
)
insert into counts (queue, type, state, n, runs, ran_ms, last_at)
select queue, type, state, sum(n), sum(runs), sum(ran_ms), max(last_at) from parts group by queue, type, state`;
