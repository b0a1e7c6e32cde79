import type { Effect } from '../change';
import { isFinished } from '../merge';

/**
 * A job that is finished holds its unique key no longer, but for one that is held for a time; and not one that another
 * has taken over meanwhile.
 */
export const releaseKeys: Effect = async (tx, changes) => {
  const finished = changes.filter(({ before, after }) => isFinished(after) && !(before && isFinished(before)));
  if (finished.length === 0) return;
  await tx.query('delete from keys where job_id = any($1::uuid[]) and (until is null or until <= now())', [
    finished.map(({ after }) => after.id),
  ]);
};
