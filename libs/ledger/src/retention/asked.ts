import { type AnyJob, FINAL_STATES } from '@scutwork/jobs';
import { type Retention as Asked, namesOf } from '@scutwork/jobs/wire';
import type { RetentionOptions, RetentionRule } from './rules';

/**
 * Retention as a configuration says it: for jobs that were completed, and for those that were given up. `last` counts
 * the jobs of each queue by itself.
 */
export function configuredRetention(asked: Asked, queues: readonly string[]): RetentionOptions {
  const ageMs: RetentionOptions['ageMs'] = {};
  const rules: RetentionRule[] = [];
  for (const state of FINAL_STATES) {
    const kept = keptOf(asked, state);
    if (kept?.ageMs !== undefined) {
      ageMs[state] = kept.ageMs;
      // By days alone it would stay until its day is over.
      rules.push({ state, ageMs: kept.ageMs });
    }
    if (kept?.last !== undefined) for (const queue of new Set(queues)) rules.push({ queue, state, last: kept.last });
  }
  return { ageMs, rules };
}

/** What definitions say of all jobs of their type. */
export function rulesOfDefinitions(jobs: readonly AnyJob[]): RetentionRule[] {
  const named = jobs.flatMap((job) => namesOf(job).map((type) => ({ type, retention: job.retention })));
  return named.flatMap(({ type, retention }) =>
    FINAL_STATES.flatMap((state) => {
      const kept = retention && keptOf(retention, state);
      return kept === undefined ? [] : [{ type, state, ...kept }];
    }),
  );
}

const keptOf = ({ completed, failed }: Asked, state: (typeof FINAL_STATES)[number]): Asked['completed'] =>
  state === 'completed' ? completed : failed;
