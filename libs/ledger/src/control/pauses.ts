import type { ControlEntry } from '@scutwork/jobs/wire';
import type { Actor } from '../api';
import type { Transaction } from '../store/database';
import { auditAction } from '../access/audit-log';
import { changeControl, controlKey, headOf, lockHead } from './control-store';

export type Pausable = { queue: string } | { type: string };

/** @returns the version from which on nothing of it is started */
export async function pause(tx: Transaction, what: Pausable, actor: Actor): Promise<number> {
  const key = keyOf(what);
  const standing = await versionOf(tx, key);
  if (standing !== undefined) return standing;
  await auditAction(tx, actor, 'pause', [key.slice('pause:'.length)]);
  return (await changeControl(tx, { set: [{ key, entry: entryOf(what) }] })) ?? 0;
}

/** @returns the version from which on it is started again */
export async function resume(tx: Transaction, what: Pausable, actor: Actor): Promise<number> {
  const key = keyOf(what);
  if ((await versionOf(tx, key)) === undefined) return headOf(tx);
  await auditAction(tx, actor, 'resume', [key.slice('pause:'.length)]);
  return (await changeControl(tx, { lift: [key] })) ?? 0;
}

const keyOf = (what: Pausable): string =>
  'queue' in what ? controlKey.pauseQueue(what.queue) : controlKey.pauseType(what.type);

const entryOf = (what: Pausable): ControlEntry =>
  'queue' in what ? { kind: 'pause', queue: what.queue } : { kind: 'pause', type: what.type };

async function versionOf(tx: Transaction, key: string): Promise<number | undefined> {
  await lockHead(tx);
  const { rows } = await tx.query<{ version: string }>('select version from control where key = $1', [key]);
  return rows[0] === undefined ? undefined : Number(rows[0].version);
}
