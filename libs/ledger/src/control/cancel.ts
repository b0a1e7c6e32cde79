import { idTimeMs } from '@scutwork/jobs/wire';
import type { JobRow } from '../record/job-row';
import { UNKNOWN_TYPE, blank, isFinished, merge } from '../record/merge';
import type { Decide, Decision } from './decision';
import { refused } from './refused';

/** Who ends a job of which the ledger is certain that nobody starts it. */
export const LEDGER_WORKER = 'ledger';

/** Records of a job that was added a moment ago may come later; those of older ones have come, or never will. */
const LATEST_RECORD_MS = 7 * 86_400_000;
const CLOCK_SKEW_MS = 3_600_000;

/**
 * A job of which nothing is at the broker is cancelled at once. Any other one is asked to be: its messages are revoked,
 * and it is `cancelling` until a worker has dropped it, or none can start it any more (`duties/cancels.ts`). A message
 * in the outbox may have been published by a relay that died before it could say so: it is taken back, and revoked too.
 */
export const cancel: Decide = (held, id, now) => {
  if (!held) return cancelUnknown(id, now);
  const { row, inLedger, revoked, covered } = held;
  if (isFinished(row)) return refused('job_finished', row);
  if (row.cancelRequestedAt !== undefined) return { kind: 'unchanged' };
  if ((inLedger || row.state === 'blocked') && !revoked)
    return { kind: 'changed', row: cancelled({ ...row, cancelRequestedAt: now }, now), place: 'nowhere' };
  return {
    kind: 'changed',
    row: { ...row, cancelRequestedAt: now },
    place: 'nowhere',
    revoke: covered ? undefined : { generation: row.generation, cancel: 'cancel' },
  };
};

/** The same for each of many that a revocation of their whole queue stops. */
export function cancelled(row: JobRow, now: number): JobRow {
  const { id, key, type, generation, attempt, delivery } = row;
  const run = { id, key, type, generation, at: now, attempt, delivery, worker: LEDGER_WORKER };
  return merge(row, { event: 'cancelled', ...run, cancel: 'cancel' });
}

/** Just added through a client, its record still on the way: the row waits for it, and the message is revoked. */
function cancelUnknown(id: string, now: number): Decision {
  const madeAt = idTimeMs(id);
  if (madeAt === undefined || madeAt < now - LATEST_RECORD_MS || madeAt > now + CLOCK_SKEW_MS)
    return refused('job_not_found', { id });
  const row = blank({ id, type: UNKNOWN_TYPE, generation: 0 });
  return {
    kind: 'changed',
    row: { ...row, cancelRequestedAt: now },
    place: 'nowhere',
    revoke: { generation: 0, cancel: 'cancel' },
  };
}
