import type { JobRow } from '../record/job-row';
import { LedgerError, type LedgerErrorCode } from '../store/ledger-error';
import type { Decision } from './decision';

const WORDS: Partial<Record<LedgerErrorCode, { says: (job: Partial<JobRow>) => string; hint: string }>> = {
  job_not_found: { says: () => 'is not known', hint: 'It was removed, or never submitted here.' },
  job_finished: {
    says: ({ state }) => (state === undefined ? 'is finished' : `is ${state}`),
    hint: 'Nothing can happen to it any more; one that is dead, cancelled or expired can be retried.',
  },
  job_cancelling: { says: () => 'is being cancelled', hint: 'Retry it when it is cancelled.' },
  job_not_finished: { says: ({ state }) => `is ${state}`, hint: 'Only a job that has ended can be retried.' },
  job_not_delayed: { says: ({ state }) => `is ${state}`, hint: 'Only a job that waits for its time has one.' },
  job_running: { says: () => 'is running', hint: 'Cancel it, or wait until it ends.' },
  payload_unknown: { says: () => 'has no known payload', hint: 'Give the payload to run it with.' },
  key_taken: {
    says: ({ uniqueKey }) => `has the unique key ${JSON.stringify(uniqueKey)}, which another job holds now`,
    hint: 'Wait until that one has ended, or cancel it.',
  },
};

/** The decision to refuse, with the error that says why. */
export function refused(code: LedgerErrorCode, job: Pick<JobRow, 'id'> & Partial<JobRow>): Decision {
  const words = WORDS[code];
  const message = `Job ${job.key ?? job.id} ${words?.says(job) ?? `is refused: ${code}`}`;
  return { kind: 'refused', error: new LedgerError(code, message, { hint: words?.hint }) };
}
