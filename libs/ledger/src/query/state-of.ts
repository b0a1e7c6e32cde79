import { type JobState } from '@scutwork/jobs';
import type { JobRow } from '../record/job-row';
import { term } from '../record/terms';

/** What stands around a row and tells what its state means now. */
export interface Around {
  /** The database's clock, in milliseconds since 1970. */
  now: number;
  /** It is in the outbox: not at the broker yet. */
  outboxed: boolean;
  /** The worker that it runs on is gone. */
  workerGone: boolean;
}

/** The state of a job as people are told it: some are derived when it is read, since time alone changes them. */
export function stateOf(job: Pick<JobRow, 'state' | 'dueAt' | 'cancelRequestedAt'>, around: Around): JobState {
  switch (job.state) {
    case 'completed':
    case 'dead':
    case 'cancelled':
    case 'expired':
      return job.state;
    case 'blocked':
      return job.cancelRequestedAt === undefined ? 'blocked' : 'cancelling';
    case 'active':
      if (job.cancelRequestedAt !== undefined) return 'cancelling';
      return around.workerGone ? 'stalled' : 'active';
    case 'waiting':
    case 'delayed':
    case 'retrying':
      if (job.cancelRequestedAt !== undefined) return 'cancelling';
      if (around.outboxed) return 'accepted';
      return job.dueAt !== undefined && job.dueAt <= around.now ? 'waiting' : job.state;
  }
}

const UNPUBLISHED = 'exists (select from outbox where outbox.job_id = t.id)';
const ON_GONE_WORKER = 'exists (select from workers where workers.name = t.worker and workers.gone)';
const UNCANCELLED = 't.cancel_requested_at is null';
const later = (state: string): string =>
  `t.terms @> array[${term('state', state)}] and t.state = '${state}' and (t.due_at > now() or t.due_at is null)`;
const isState = (state: string): string => `t.terms @> array[${term('state', state)}] and t.state = '${state}'`;

/** The same as a condition on a row `t` of `jobs` (of `history` for final states). */
export function stateCondition(state: JobState): string {
  switch (state) {
    case 'completed':
    case 'dead':
    case 'cancelled':
    case 'expired':
      return isState(state);
    case 'cancelling':
      return 't.cancel_requested_at is not null';
    case 'blocked':
      return `${UNCANCELLED} and ${isState('blocked')}`;
    case 'active':
      return `${UNCANCELLED} and ${isState('active')} and not ${ON_GONE_WORKER}`;
    case 'stalled':
      return `${UNCANCELLED} and ${isState('active')} and ${ON_GONE_WORKER}`;
    case 'accepted':
      return `${UNCANCELLED} and t.state in ('waiting', 'delayed', 'retrying') and ${UNPUBLISHED}`;
    case 'waiting':
      return `${UNCANCELLED} and not ${UNPUBLISHED} and ((${isState('waiting')}) or (t.state in ('delayed', 'retrying') and t.due_at <= now()))`;
    case 'delayed':
    case 'retrying':
      return `${UNCANCELLED} and not ${UNPUBLISHED} and ${later(state)}`;
  }
}
