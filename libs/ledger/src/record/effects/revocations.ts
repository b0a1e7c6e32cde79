import type { RecordedEvent } from '@scutwork/jobs/wire';
import { LEDGER_WORKER } from '../../control/cancel';
import { controlKey } from '../../control/control-store';
import { passableAt } from '../../control/passable-at';
import type { Transaction } from '../../store/database';
import { type Change, type Effect, isEnd } from '../change';
import { UNKNOWN_TYPE } from '../merge';

/**
 * What was published is at the broker at least once: a connection that broke at the wrong moment, a client that asked
 * again, a crash between the confirm of a message that replaces another and its acknowledgement leave a second copy.
 */
const COPIES_COME_WITHIN_MS = 60_000;

/**
 * When a worker has told what became of the message that a revocation was to stop (dropped, or run to an end after all),
 * only copies of it can still come: the next probe that passes them lifts it (`duties/lift.ts`), however long the job was
 * to wait. Of one that stops several messages nothing is known yet.
 */
export const passRevocations: Effect = async (tx, changes, facts) => {
  await noteQueues(tx, changes, facts);
  const steered = new Set(changes.filter(isSteered).map(({ after }) => after.id));
  const ended = new Map<string, number>();
  for (const fact of facts) {
    if (!isEnd(fact) || fact.worker === LEDGER_WORKER) continue;
    if (fact.event === 'cancelled' || steered.has(fact.id))
      ended.set(controlKey.revoke(fact.id), Math.max(fact.generation, ended.get(controlKey.revoke(fact.id)) ?? 0));
  }
  if (ended.size === 0) return;
  await tx.query(PASSABLE_SOON, [[...ended.keys()], [...ended.values()], COPIES_COME_WITHIN_MS]);
};

const PASSABLE_SOON = `
update control set passable_at = least(passable_at, now() + make_interval(secs => $3::float8 / 1000))
from unnest($1::text[], $2::int[]) as ended (key, generation)
where control.key = ended.key and (entry->>'generation')::int = ended.generation and not several`;

/** Nothing else was ever revoked. */
function isSteered({ after }: Change): boolean {
  return after.cancelRequestedAt !== undefined || after.generation > 0;
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
