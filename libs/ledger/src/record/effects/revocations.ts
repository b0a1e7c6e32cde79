import { type JobEvent, type RecordedEvent, isFinalState } from '@scutwork/jobs/wire';
import { LEDGER_WORKER } from '../../control/cancel';
import { changeControl, controlKey } from '../../control/control-store';
import { passableAt } from '../../control/passable-at';
import type { Transaction } from '../../store/database';
import type { Change, Effect } from '../change';
import { UNKNOWN_TYPE } from '../merge';

type Ended = Extract<JobEvent, { event: 'cancelled' | 'completed' | 'dead' | 'expired' }>;

/**
 * A revocation is lifted when a worker has told what became of the message it was to stop: dropped, or run to an end
 * after all. One that stops several messages waits for a probe (`duties/lift.ts`).
 */
export const liftRevocations: Effect = async (tx, changes, facts) => {
  await noteQueues(tx, changes, facts);
  const steered = new Set(changes.filter(isSteered).map(({ after }) => after.id));
  const ended = new Map<string, number>();
  for (const fact of facts) {
    if (!isEnd(fact) || fact.worker === LEDGER_WORKER) continue;
    if (fact.event === 'cancelled' || steered.has(fact.id))
      ended.set(controlKey.revoke(fact.id), Math.max(fact.generation, ended.get(controlKey.revoke(fact.id)) ?? 0));
  }
  if (ended.size === 0) return;
  const { rows } = await tx.query<{ key: string; generation: number }>(
    `select key, (entry->>'generation')::int as generation from control where key = any($1) and not several`,
    [[...ended.keys()]],
  );
  const over = rows.filter(({ key, generation }) => ended.get(key) === generation);
  await changeControl(tx, { lift: over.map(({ key }) => key) });
};

/** Nothing else was ever revoked. */
function isSteered({ after }: Change): boolean {
  return after.cancelRequestedAt !== undefined || after.generation > 0;
}

function isEnd(fact: { event: string }): fact is Ended {
  return isFinalState(fact.event);
}

/** Of a job that was cancelled before its record came, it shows now where its message is. */
async function noteQueues(tx: Transaction, changes: readonly Change[], facts: readonly RecordedEvent[]): Promise<void> {
  const named = changes.filter(({ before, after }) => before?.type === UNKNOWN_TYPE && after.type !== UNKNOWN_TYPE);
  for (const { after } of named) {
    const told = facts.find((fact) => fact.event === 'submitted' && fact.id === after.id);
    const waits = told?.event === 'submitted' ? { stateAt: told.at, dueAt: told.at + told.delayMs } : after;
    await tx.query(
      'update control set queue = $2, passable_at = to_timestamp($3::float8 / 1000.0) where key = $1 and queue is null',
      [controlKey.revoke(after.id), after.queue, passableAt(waits, Date.now())],
    );
  }
}
