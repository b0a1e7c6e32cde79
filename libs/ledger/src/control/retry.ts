import { isFinished } from '../record/merge';
import type { CheckedPayload } from './check-payload';
import type { Decide } from './decision';
import { refused } from './refused';

/**
 * A dead, cancelled or expired job again: under a new generation, from its first attempt. What is told of earlier
 * generations says nothing of its state from now on. Its history of attempts stays.
 *
 * @param edited in place of its own
 */
export function retry(edited?: CheckedPayload): Decide {
  return (held, id, now) => {
    if (!held) return refused('job_not_found', { id });
    const { row, keyTaken } = held;
    if (!isFinished(row)) return refused('job_not_finished', row);
    if (row.state === 'completed') return refused('job_finished', row);
    if ((edited ?? row).payload === undefined) return refused('payload_unknown', row);
    if (keyTaken) return refused('key_taken', row);
    const generation = row.generation + 1;
    return {
      kind: 'changed',
      row: {
        ...row,
        ...{ generation, baseGeneration: generation, state: 'waiting', stateGeneration: generation },
        ...{ attempt: 0, delivery: 0, stateAt: now, stateStep: 0, dueAt: now, submittedAt: now },
        payload: (edited ?? row).payload,
        version: (edited ?? row).version,
        expiresAt: row.expiresAt !== undefined && row.expiresAt <= now ? undefined : row.expiresAt,
        ...{ result: undefined, progress: undefined, deadReason: undefined, worker: undefined },
        ...{ startedAt: undefined, finishedAt: undefined, cancelRequestedAt: undefined },
      },
      place: 'outbox',
      takesKey: row.uniqueKey !== undefined,
    };
  };
}
