import type { Change, Effect } from '../change';
import { UNKNOWN_TYPE, isFinished } from '../merge';
import { measured } from './measured';

interface Delta {
  queue: string;
  type: string;
  state: string;
  n: number;
  runs: number;
  ran_ms: number;
  last_at: number | undefined;
}

/**
 * Numbers of jobs by queue, type and state, and what happened in each queue by the minute: changes of them, added up by
 * duties, so that no row is waited for. One statement: a batch has many already.
 */
export const countChanges: Effect = async (tx, changes) => {
  const deltas = deltasOf(changes).filter(({ n, runs }) => n !== 0 || runs !== 0);
  const measures = measured(changes, Date.now());
  if (deltas.length === 0 && measures.length === 0) return;
  await tx.query(PUT, [JSON.stringify(deltas), JSON.stringify(measures)]);
};

const PUT = `
with counted as (
  insert into counts (queue, type, state, n, runs, ran_ms, last_at)
  select queue, type, state, n, runs, ran_ms, to_timestamp(last_at / 1000.0)
  from json_to_recordset($1::json) as row (queue text, type text, state text, n int, runs int, ran_ms bigint, last_at float8)
)
insert into metrics (
  queue, minute, accepted, started, completed, failed, dead, cancelled, expired, ended, ran_ms, most_ran_ms
)
select queue, to_timestamp(minute / 1000.0), accepted, started, completed, failed, dead, cancelled, expired, ended, ran_ms,
  most_ran_ms
from json_to_recordset($2::json) as row (
  queue text, minute float8, accepted int, started int, completed int, failed int, dead int, cancelled int, expired int,
  ended int, ran_ms bigint, most_ran_ms bigint
)`;

function deltasOf(changes: readonly Change[]): Delta[] {
  const deltas = new Map<string, Delta>();
  const of = (queue: string, type: string, state: string): Delta => {
    const key = `${type}\n${state}`;
    const delta = deltas.get(key) ?? { queue, type, state, n: 0, runs: 0, ran_ms: 0, last_at: undefined };
    deltas.set(key, delta);
    return delta;
  };
  for (const { before, after } of changes) {
    if (before?.state === after.state && before.type === after.type) continue;
    if (before && before.type !== UNKNOWN_TYPE) of(before.queue, before.type, before.state).n--;
    if (after.type === UNKNOWN_TYPE) continue;
    const delta = of(after.queue, after.type, after.state);
    delta.n++;
    const { startedAt, finishedAt } = after;
    if (!isFinished(after) || startedAt === undefined || finishedAt === undefined) continue;
    delta.runs++;
    delta.ran_ms += Math.max(0, finishedAt - startedAt);
    delta.last_at = Math.max(delta.last_at ?? 0, finishedAt);
  }
  return [...deltas.values()];
}
