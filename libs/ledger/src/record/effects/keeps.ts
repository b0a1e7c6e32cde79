import type { FINAL_STATES } from '@scutwork/jobs';
import type { Change, Effect } from '../change';
import { isFinished } from '../merge';

type AgeMs = Record<(typeof FINAL_STATES)[number], number>;

/**
 * A job that says how long it is kept says so for each way to end: which rule holds is known when it has ended, and may
 * change with what is told late.
 *
 * @param ageMs how long jobs are kept of which the rule says no age
 */
export function applyKeeps(ageMs: AgeMs): Effect {
  return async (tx, changes) => {
    const ended = changes.filter(hasOwnRetention);
    if (ended.length > 0) await tx.query(APPLY, [JSON.stringify(ended.map((change) => columnsOf(change, ageMs)))]);
  };
}

function hasOwnRetention({ before, after }: Change): boolean {
  return after.keepMs !== undefined && (isFinished(after) || (before !== undefined && isFinished(before)));
}

function columnsOf({ after }: Change, ageMs: AgeMs): Record<string, unknown> {
  const ended = isFinished(after) ? (after.state as keyof AgeMs) : undefined;
  return {
    ...{ id: after.id, ended, ended_at: after.finishedAt, age_ms: ended && ageMs[ended] },
    rule: ended === 'completed' ? 'completed' : 'failed',
  };
}

const APPLY = `
with held as (
  update keeps set ended = told.ended, ended_at = to_timestamp(told.ended_at / 1000.0),
    last = case when told.ended is not null then (rules->told.rule->>'last')::int end
  from json_to_recordset($1::json) as told (id uuid, ended text, ended_at float8, age_ms float8, rule text)
  where keeps.job_id = told.id
  returning keeps.job_id, keeps.ended_at, coalesce((rules->told.rule->>'ageMs')::float8, told.age_ms)::bigint as keep_ms
)
update history set keep_ms = held.keep_ms from held
where history.id = held.job_id and history.finished_at = held.ended_at`;
