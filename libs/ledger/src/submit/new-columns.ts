import { PRIORITIES } from '@scutwork/jobs';
import type { Columns } from '../record/columns';
import type { Secrets } from '../record/secrets';
import { termsOf } from '../record/terms';
import type { Draft } from './row-of';

/** A new job as `put-new-jobs.sql` takes it: what a submission can say, and no more. */
export function newColumns({ after: job, inLedger }: Draft, secrets: Secrets): Columns {
  return {
    id: job.id,
    key: job.key,
    type: job.type,
    queue: job.queue,
    priority: PRIORITIES.indexOf(job.priority),
    state: job.state,
    max_attempts: job.maxAttempts,
    timeout_ms: job.timeoutMs,
    backoff: job.backoff && JSON.stringify(job.backoff),
    expires_at: job.expiresAt,
    payload: job.payload,
    tags: job.tags,
    tenant: job.tenant,
    correlation_id: job.correlationId,
    schedule: job.schedule,
    scheduled_for: job.scheduledFor,
    origin: job.origin,
    created_at: job.createdAt,
    submitted_at: job.submittedAt,
    due_at: job.dueAt,
    keep_ms: job.keepMs,
    unique_key: job.uniqueKey,
    terms: termsOf(job, undefined, secrets(job.type)),
    in_ledger: inLedger,
  };
}
