import { idTimeMs } from '@scutwork/jobs/wire';
import type { JobRow } from '../record/job-row';

/** Messages tell when they were made to the second; the rest is for two readings of a clock. */
const TO_THE_SECOND_MS = 2_000;

/**
 * A moment (ms since 1970) by which the message of a job was made in the eyes of any worker, which reads it from the id or
 * from the message (`worker/revoked.ts` of `@scutwork/jobs`). Undefined where a worker may read anything, or nothing: then
 * no revocation of a whole queue is sure to stop it. A job that was run again is as young as its newest message.
 */
export function madeBy({ id, generation, origin, submittedAt }: Made): number | undefined {
  const byId = generation === 0 ? idTimeMs(id) : undefined;
  if (byId !== undefined) return byId;
  return origin === 'foreign' || submittedAt === undefined ? undefined : submittedAt + TO_THE_SECOND_MS;
}

type Made = Pick<JobRow, 'id' | 'generation' | 'origin' | 'submittedAt'>;

/** The same of a row of `jobs`. */
export const MADE_BY = `
case when jobs.generation = 0 and jobs.id::text ~ '^.{14}7.{4}[89ab]'
    then ('x' || translate(left(jobs.id::text, 13), '-', ''))::bit(48)::bigint::float8
  when jobs.origin <> 'foreign' then extract(epoch from jobs.submitted_at)::float8 * 1000 + ${TO_THE_SECOND_MS}
end`;
