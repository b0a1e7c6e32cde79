import type { JobRow } from '../record/job-row';

/** Waits in the ladder are rounded up by a quarter at most, and hops take their time. */
const LADDER_GRACE_MS = 60_000;

/** When (ms since 1970) a message of this job is in its work queue at the latest, if it is in the ladder now. */
export function passableAt({ stateAt, dueAt }: Pick<JobRow, 'stateAt' | 'dueAt'>, now: number): number {
  if (dueAt === undefined || dueAt <= now) return now;
  return Math.max(now, stateAt + 1.25 * (dueAt - stateAt) + LADDER_GRACE_MS);
}
