import type { Change, Effect } from '../change';
import { UNKNOWN_TYPE, isFinished } from '../merge';

interface Delta {
  queue: string;
  type: string;
  state: string;
  n: number;
  runs: number;
  ran_ms: number;
  last_at: number | undefined;
}

/** Numbers of jobs by queue, type and state: changes of them, added up by a duty, so that no row is waited for. */
export const countChanges: Effect = async (tx, changes) => {
  const deltas = deltasOf(changes).filter(({ n, runs }) => n !== 0 || runs !== 0);
  if (deltas.length === 0) return;
  await tx.query(
    `insert into counts (queue, type, state, n, runs, ran_ms, last_at)
     select queue, type, state, n, runs, ran_ms, to_timestamp(last_at / 1000.0)
     from json_to_recordset($1::json) as row (queue text, type text, state text, n int, runs int, ran_ms bigint, last_at float8)`,
    [JSON.stringify(deltas)],
  );
};

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
