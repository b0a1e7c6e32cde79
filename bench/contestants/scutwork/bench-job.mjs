import { defineJob, namesFor } from '@scutwork/jobs';

/**
 * The job type of the bench. Its schema accepts everything: the peers do not check their payloads either, and what a real
 * schema costs is the schema library's affair.
 */
export function benchJob(retry) {
  return defineJob({
    type: 'bench.job',
    payload: { '~standard': { version: 1, vendor: 'bench', validate: (value) => ({ value }) } },
    ...(retry && { attempts: retry.attempts, backoff: { type: 'fixed', delay: retry.delayMs } }),
  });
}

/** The queue in which its jobs wait. */
export function workQueueOf({ prefix }, priority) {
  return namesFor(prefix).work('bench', priority);
}
