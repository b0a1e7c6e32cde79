import { JobError } from '@scutwork/jobs';
import { type ControlEntry, checkJobType, queueNameFault } from '@scutwork/jobs/wire';
import type { Actor } from '../api';
import type { Transaction } from '../store/database';
import { auditAction } from '../access/audit-log';
import { changeControl, controlKey, headOf, lockHead } from './control-store';

export type Pausable = { queue: string } | { type: string };

/**
 * @returns the version from which on nothing of it is started
 * @throws JobError `queue_name_invalid`, `job_type_invalid` for what no queue and no type can be called
 */
export async function pause(tx: Transaction, what: Pausable, actor: Actor): Promise<number> {
  checkName(what);
  const key = keyOf(what);
  const standing = await versionOf(tx, key);
  if (standing !== undefined) return standing;
  await auditAction(tx, actor, actionOf(what, 'pause'), [nameOf(what)]);
  return (await changeControl(tx, { set: [{ key, entry: entryOf(what) }] })) ?? 0;
}

/** @returns the version from which on it is started again */
export async function resume(tx: Transaction, what: Pausable, actor: Actor): Promise<number> {
  const key = keyOf(what);
  if ((await versionOf(tx, key)) === undefined) return headOf(tx);
  await auditAction(tx, actor, actionOf(what, 'resume'), [nameOf(what)]);
  return (await changeControl(tx, { lift: [key] })) ?? 0;
}

const nameOf = (what: Pausable): string => ('queue' in what ? what.queue : what.type);
const actionOf = (what: Pausable, action: string): string => `${'queue' in what ? 'queues' : 'types'}.${action}`;

/** One that no job has yet may be paused, before the first comes; a name that none can ever have is a mistake. */
function checkName(what: Pausable): void {
  if ('type' in what) return void checkJobType(what.type);
  const fault = queueNameFault(what.queue);
  if (fault === undefined) return;
  const name = JSON.stringify(what.queue.slice(0, 200));
  throw new JobError('queue_name_invalid', `No queue can be called ${name}: ${fault}`, {
    field: 'queue',
    hint: 'A queue is one word of a-z, 0-9 and "-".',
  });
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
