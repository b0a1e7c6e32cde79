import type { Priority } from '@scutwork/jobs';
import type { JobRow } from '../record/job-row';
import { isFinished } from '../record/merge';
import type { Decide, Decision, HeldJob } from './decision';
import { refused } from './refused';

/** A delayed job, or one that waits for its next attempt, now. */
export const promote: Decide = (held, id, now) => {
  const refusal = refuse(held, id);
  if (refusal || !held) return refusal ?? refused('job_not_found', { id });
  if (held.row.state !== 'delayed' && held.row.state !== 'retrying') return refused('job_not_delayed', held.row);
  return move(held, due(held.row, now, now), now);
};

/** To another time. One that waits in its queue is delayed again. @param dueAt ms since 1970; what is past means now */
export function reschedule(dueAt: (now: number) => number): Decide {
  return (held, id, now) => {
    const refusal = refuse(held, id);
    if (refusal || !held) return refusal ?? refused('job_not_found', { id });
    if (held.row.state === 'blocked') return refused('job_not_delayed', held.row);
    return move(held, due(held.row, Math.max(now, dueAt(now)), now), now);
  };
}

/** On another level. */
export function setPriority(priority: Priority): Decide {
  return (held, id, now) => {
    const refusal = refuse(held, id);
    if (refusal || !held) return refusal ?? refused('job_not_found', { id });
    const { row } = held;
    if (row.priority === priority) return { kind: 'unchanged' };
    // It counts as told before what it was submitted with: that, told again, does not undo it.
    const submittedAt = row.submittedAt === undefined ? undefined : row.submittedAt - 1;
    const changed = { ...row, priority, submittedAt };
    if (row.state === 'blocked') return { kind: 'changed', row: changed, place: 'same' };
    return move(held, changed, now);
  };
}

function refuse(held: HeldJob | undefined, id: string): Decision | undefined {
  if (!held) return refused('job_not_found', { id });
  const { row } = held;
  if (isFinished(row)) return refused('job_finished', row);
  if (row.cancelRequestedAt !== undefined) return refused('job_cancelling', row);
  if (row.state === 'active') return refused('job_running', row);
  return undefined;
}

function due(row: JobRow, dueAt: number, now: number): JobRow {
  // One that waits for its next attempt goes on doing so: its row says which attempt comes.
  const state = row.state === 'retrying' ? 'retrying' : dueAt > now ? 'delayed' : 'waiting';
  return { ...row, state, dueAt };
}

/**
 * A job that the ledger holds is just changed. Of one at the broker the message that goes round is revoked, and another,
 * of the next generation, takes its place; if the old one is started first, the ledger follows that
 * (`record/effects/moves.ts`).
 */
function move({ row: before, inLedger }: HeldJob, row: JobRow, now: number): Decision {
  if (before.payload === undefined) return refused('payload_unknown', before);
  const place = row.dueAt !== undefined && row.dueAt > now ? 'ledger' : 'outbox';
  if (inLedger) return { kind: 'changed', row: { ...row, stateAt: now }, place };
  const generation = before.generation + 1;
  return {
    kind: 'changed',
    row: { ...row, generation, stateGeneration: generation, stateAt: now, stateStep: 0, delivery: 0 },
    place,
    revoke: { generation: before.generation, cancel: 'move' },
  };
}
