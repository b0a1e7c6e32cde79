import { type AnyJob, DEFAULT_RUN_POLICY } from '@scutwork/jobs';
import type { LongestAttempt } from './sharers';

/** By the timeouts of the job types that are known here; a queue of which none is known has the default one. */
export function longestAttempts(jobs: readonly AnyJob[]): LongestAttempt {
  const longest = new Map<string, number>();
  for (const { queue, policy } of jobs)
    longest.set(queue, Math.max(longest.get(queue) ?? 0, policy.timeoutMs ?? DEFAULT_RUN_POLICY.timeoutMs));
  return (queue) => longest.get(queue) ?? DEFAULT_RUN_POLICY.timeoutMs;
}
