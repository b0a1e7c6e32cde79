import type { JobRow } from './job-row';

/** Where a finished job is kept: each shelf has a retention, and drops whole days at once. */
export const SHELF = { completed: 0, givenUp: 1, own: 2 } as const;

export function shelfOf(job: Pick<JobRow, 'state' | 'keepMs'>): number {
  if (job.keepMs !== undefined) return SHELF.own;
  return job.state === 'completed' ? SHELF.completed : SHELF.givenUp;
}
