import type { Verdicts } from '../control/steer';
import { notFound } from '../query/find-job';
import { lockRows } from '../record/lock-rows';
import type { Transaction } from '../store/database';
import { FINISHED, type Finished, removeRows } from './remove-rows';

/** Removes the finished ones among these jobs, in the caller's transaction, and says of which there was nothing to remove. */
export async function removeMany(tx: Transaction, ids: readonly string[]): Promise<Verdicts> {
  await lockRows(tx);
  const { rows } = await tx.query<Finished>(`select ${FINISHED} from history t where t.id = any($1::uuid[])`, [ids]);
  await removeRows(tx, rows);
  const removed = new Set(rows.map(({ id }) => id));
  return new Map(ids.map((id) => [id, removed.has(id) ? undefined : notFound(id)]));
}
