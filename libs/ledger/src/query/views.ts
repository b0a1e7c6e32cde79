import type { Failure } from '@scutwork/jobs';
import type { AttemptView, JobSummary, JobView } from '../api';
import type { Run } from '../record/job-row';
import { type Secrets, shownPayload } from '../record/secrets';
import type { ReadRow } from './read-rows';
import { iso } from './iso';
import { stateOf } from './state-of';

/** How jobs are shown, besides what is known of them. */
export interface Shown {
  /** What of payloads is hidden. */
  secrets: Secrets;
  /** How often workers try jobs of which neither they nor their type say it. */
  attempts: number;
}

/** JSON that was recorded as a text; what is none is shown as it is. */
export function shown(text: string | undefined): unknown {
  return shownPayload(text, []);
}

/** @param attempts of jobs that say nothing themselves */
export function toSummary(row: ReadRow, attempts: number): JobSummary {
  const { job } = row;
  const state = stateOf(job, row);
  return {
    ...ofJob(row),
    maxAttempts: job.maxAttempts ?? attempts,
    state,
    error: job.error && { name: job.error.name, message: job.error.message, code: job.error.code },
    scheduledFor: state === 'delayed' || state === 'retrying' ? iso(job.dueAt) : iso(job.scheduledFor),
  };
}

export function toView(row: ReadRow, { secrets, attempts }: Shown): JobView {
  const { job, fingerprint } = row;
  const { error, ...summary } = toSummary(row, attempts);
  const { stack, ...failure } = job.error ?? ({} as Partial<Failure>);
  return {
    ...summary,
    payload: shownPayload(job.payload, secrets(job.type)),
    result: shown(job.result),
    error: error && { ...error, ...failure },
    stack,
    fingerprint,
    correlationId: job.correlationId,
    group: job.group,
    flow: job.flow,
    traceparent: job.traceparent,
    version: job.version,
    generation: job.generation,
    timeoutMs: job.timeoutMs,
    expiresAt: iso(job.expiresAt),
    cancelRequestedAt: iso(job.cancelRequestedAt),
    attempts: job.runs.map(toAttempt),
    note: noteOf(row, summary.state),
  };
}

function ofJob({ job }: ReadRow): Omit<JobSummary, 'state' | 'error' | 'scheduledFor' | 'maxAttempts'> {
  const firstStart = job.runs[0]?.startedAt ?? job.startedAt;
  return {
    id: job.id,
    key: job.key,
    type: job.type,
    queue: job.queue,
    priority: job.priority,
    attempt: job.attempt,
    tags: job.tags ?? [],
    tenant: job.tenant,
    progress: shown(job.progress),
    deadReason: job.deadReason,
    worker: job.worker,
    schedule: job.schedule,
    createdAt: iso(job.createdAt),
    startedAt: iso(job.startedAt),
    finishedAt: iso(job.finishedAt),
    waitedMs: firstStart === undefined ? undefined : Math.max(0, firstStart - job.createdAt),
    ranMs: between(job.startedAt, job.finishedAt),
  };
}

function toAttempt({ startedAt, endedAt, ...run }: Run): AttemptView {
  return { ...run, startedAt: iso(startedAt), endedAt: iso(endedAt), ranMs: between(startedAt, endedAt) };
}

function between(start: number | undefined, end: number | undefined): number | undefined {
  return start === undefined || end === undefined ? undefined : Math.max(0, end - start);
}

function noteOf(row: ReadRow, state: JobView['state']): string | undefined {
  switch (state) {
    case 'accepted':
      return row.parkedReason === undefined ? 'It is to be published.' : `It cannot be published: ${row.parkedReason}`;
    case 'stalled':
      return 'Its worker is gone; the broker gives it to another one.';
    case 'cancelling':
      return 'Whoever holds it has been told, and has not answered yet.';
    case 'blocked':
      return 'It waits for other jobs.';
    case 'waiting':
      return row.paused ? 'Its queue or its type is paused.' : undefined;
    case 'delayed':
    case 'retrying':
      return row.inLedger ? 'The ledger keeps it until it is due.' : undefined;
    case 'active':
    case 'completed':
    case 'dead':
    case 'cancelled':
    case 'expired':
      return undefined;
  }
}
