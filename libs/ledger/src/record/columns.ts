import type { Failure, ResolvedBackoff } from '@scutwork/jobs';
import { PRIORITIES } from '@scutwork/jobs';
import type { JobRow, Run } from './job-row';
import type { Secrets } from './secrets';
import { fingerprintOf, termsOf } from './terms';

/** A row as the statements of `sql/` take and give it. */
export type Columns = Record<string, unknown>;

/** Its texts are storable: facts are made so before they are merged. */
export function toColumns(job: JobRow, secrets: Secrets): Columns {
  const { error } = job;
  const fingerprint = error && fingerprintOf(job.type, error.name, error.message);
  return {
    id: job.id,
    key: job.key,
    type: job.type,
    queue: job.queue,
    priority: PRIORITIES.indexOf(job.priority),
    generation: job.generation,
    base_generation: job.baseGeneration,
    state: job.state,
    state_generation: job.stateGeneration,
    state_at: job.stateAt,
    state_step: job.stateStep,
    attempt: job.attempt,
    delivery: job.delivery,
    max_attempts: job.maxAttempts,
    timeout_ms: job.timeoutMs,
    backoff: job.backoff && JSON.stringify(job.backoff),
    expires_at: job.expiresAt,
    payload: job.payload,
    result: job.result,
    progress: job.progress,
    progress_place: job.progressPlace,
    error: error && JSON.stringify(error),
    error_text: error && `${error.name}: ${error.message}`,
    fingerprint,
    dead_reason: job.deadReason,
    runs: JSON.stringify(job.runs),
    tags: job.tags,
    tenant: job.tenant,
    correlation_id: job.correlationId,
    group_key: job.group,
    schedule: job.schedule,
    scheduled_for: job.scheduledFor,
    flow: job.flow,
    traceparent: job.traceparent,
    worker: job.worker,
    origin: job.origin,
    created_at: job.createdAt,
    submitted_at: job.submittedAt,
    due_at: job.dueAt,
    started_at: job.startedAt,
    finished_at: job.finishedAt,
    cancel_requested_at: job.cancelRequestedAt,
    keep_ms: job.keepMs,
    unique_key: job.uniqueKey,
    terms: termsOf(job, fingerprint, secrets(job.type)),
  };
}

/** The job that a row of `find-jobs.sql`, or of any statement with these columns, holds. */
export function fromColumns(row: Columns): JobRow {
  return {
    id: row.id as string,
    key: text(row.key),
    type: row.type as string,
    queue: row.queue as string,
    priority: PRIORITIES[row.priority as number] ?? 'normal',
    generation: row.generation as number,
    baseGeneration: row.base_generation as number,
    state: row.state as JobRow['state'],
    stateGeneration: row.state_generation as number,
    stateAt: number(row.state_at) ?? 0,
    stateStep: row.state_step as number,
    attempt: row.attempt as number,
    delivery: row.delivery as number,
    maxAttempts: number(row.max_attempts),
    timeoutMs: number(row.timeout_ms),
    backoff: parsed(row.backoff) as ResolvedBackoff | undefined,
    expiresAt: number(row.expires_at),
    payload: text(row.payload),
    result: text(row.result),
    progress: text(row.progress),
    progressPlace: text(row.progress_place),
    error: parsed(row.error) as Failure | undefined,
    deadReason: text(row.dead_reason) as JobRow['deadReason'],
    runs: (parsed(row.runs) as Run[] | undefined) ?? [],
    tags: (row.tags as string[] | null) ?? undefined,
    tenant: text(row.tenant),
    correlationId: text(row.correlation_id),
    group: text(row.group_key),
    schedule: text(row.schedule),
    scheduledFor: number(row.scheduled_for),
    flow: text(row.flow),
    traceparent: text(row.traceparent),
    worker: text(row.worker),
    origin: row.origin as JobRow['origin'],
    createdAt: number(row.created_at) ?? 0,
    submittedAt: number(row.submitted_at),
    dueAt: number(row.due_at),
    startedAt: number(row.started_at),
    finishedAt: number(row.finished_at),
    cancelRequestedAt: number(row.cancel_requested_at),
    keepMs: number(row.keep_ms),
    uniqueKey: text(row.unique_key),
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
/** `numeric` and `bigint` come as texts. */
const number = (value: unknown): number | undefined =>
  value === null || value === undefined ? undefined : Math.round(Number(value));
const parsed = (value: unknown): unknown => (typeof value === 'string' ? JSON.parse(value) : undefined);
