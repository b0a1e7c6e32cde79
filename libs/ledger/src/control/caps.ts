import type { CapEntry } from '@scutwork/jobs/wire';
import type { Actor } from '../api';
import { auditAction } from '../access/audit-log';
import type { Transaction } from '../store/database';
import { LedgerError } from '../store/ledger-error';
import { changeControl, controlKey, headOf, lockHead } from './control-store';
import { type LongestAttempt, readSharers } from './sharers';
import { type StandingCap, reshare } from './shares';

/** More is no limit. */
export const MOST_CAP = 100_000;

/**
 * Most jobs of a queue that run at a time, in all workers together.
 * @returns the version from which on it holds
 * @throws LedgerError `options_invalid`
 */
export async function setCap(
  tx: Transaction,
  { queue, most }: { queue: string; most: number },
  actor: Actor,
  longest: LongestAttempt,
): Promise<number> {
  if (!Number.isInteger(most) || most < 1 || most > MOST_CAP)
    throw new LedgerError('options_invalid', `most is ${most}`, {
      field: 'most',
      hint: `Use a whole number from 1 to ${MOST_CAP}. To start nothing, pause the queue.`,
    });
  await lockHead(tx);
  const standing = await readCap(tx, queue);
  if (standing?.most === most) return standing.version;
  await auditAction(tx, actor, 'cap', [`queue:${queue}`], { most });
  const cap = { queue, shares: {}, kept: {}, version: 0, ...standing, most };
  const entry = reshare(cap, await readSharers(tx, cap, longest(queue)));
  return (await changeControl(tx, { set: [{ key: controlKey.cap(queue), entry }] })) ?? 0;
}

/** @returns the version from which on each worker runs as many as it can */
export async function liftCap(tx: Transaction, queue: string, actor: Actor): Promise<number> {
  await lockHead(tx);
  if (!(await readCap(tx, queue))) return headOf(tx);
  await auditAction(tx, actor, 'uncap', [`queue:${queue}`]);
  return (await changeControl(tx, { lift: [controlKey.cap(queue)] })) ?? 0;
}

/** Undefined where the queue has none. */
export async function readCap(tx: Transaction, queue: string): Promise<StandingCap | undefined> {
  const { rows } = await tx.query<{ entry: CapEntry; version: string }>(
    'select entry, version from control where key = $1',
    [controlKey.cap(queue)],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { most, shares, kept = {} } = row.entry;
  return { queue, most, shares, kept, version: Number(row.version) };
}
