import type { ControlEntry } from '@scutwork/jobs/wire';
import type { Actor } from '../api';
import type { Transaction } from '../store/database';
import { auditAction } from '../access/audit-log';
import { changeControl, controlKey } from './control-store';

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

/** The head is locked first: of two that pause the same at once, the second sees what the first has done. */
async function versionOf(tx: Transaction, key: string): Promise<number | undefined> {
  await tx.query(`select value from heads where name = 'control' for update`);
  const { rows } = await tx.query<{ version: string }>('select version from control where key = $1', [key]);
  return rows[0] === undefined ? undefined : Number(rows[0].version);
}

async function headOf(tx: Transaction): Promise<number> {
  const { rows } = await tx.query<{ value: string }>(`select value from heads where name = 'control'`);
  return Number(rows[0]?.value);
}
