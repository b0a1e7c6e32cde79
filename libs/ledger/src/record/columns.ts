import type { Failure, ResolvedBackoff } from '@scutwork/jobs';
import { PRIORITIES } from '@scutwork/jobs';
import type { JobRow, Run } from './job-row';
import type { Secrets } from './secrets';
import { fingerprintOf, termsOf } from './terms';

/** A row as the statements of `sql/` give it, and take it as JSON. */
export type Columns = Record<string, unknown>;

/** How COPY has it: `copy-rows.ts`. */
type Kind = 'plain' | 'text' | 'moment' | 'texts' | 'numbers';

interface Column {
  name: string;
  kind: Kind;
  of: (job: JobRow, derived: Derived) => unknown;
}

/** What several columns are made of, or is too dear to be made where it is not written. */
interface Derived {
  fingerprint: string | undefined;
  terms: number[];
}

/** The columns that `jobs` and `history` share, in the order in which they are sent. */
export const COLUMNS: readonly Column[] = [
  { name: 'id', kind: 'plain', of: (job) => job.id },
  { name: 'key', kind: 'text', of: (job) => job.key },
  { name: 'type', kind: 'plain', of: (job) => job.type },
  { name: 'queue', kind: 'plain', of: (job) => job.queue },
  { name: 'priority', kind: 'plain', of: (job) => PRIORITIES.indexOf(job.priority) },
  { name: 'generation', kind: 'plain', of: (job) => job.generation },
  { name: 'base_generation', kind: 'plain', of: (job) => job.baseGeneration },
  { name: 'state', kind: 'plain', of: (job) => job.state },
  { name: 'state_generation', kind: 'plain', of: (job) => job.stateGeneration },
  { name: 'state_at', kind: 'moment', of: (job) => job.stateAt },
  { name: 'state_step', kind: 'plain', of: (job) => job.stateStep },
  { name: 'attempt', kind: 'plain', of: (job) => job.attempt },
  { name: 'delivery', kind: 'plain', of: (job) => job.delivery },
  { name: 'max_attempts', kind: 'plain', of: (job) => job.maxAttempts },
  { name: 'timeout_ms', kind: 'plain', of: (job) => job.timeoutMs },
  { name: 'backoff', kind: 'text', of: (job) => job.backoff && JSON.stringify(job.backoff) },
  { name: 'expires_at', kind: 'moment', of: (job) => job.expiresAt },
  { name: 'payload', kind: 'text', of: (job) => job.payload },
  { name: 'version', kind: 'plain', of: (job) => job.version },
  { name: 'result', kind: 'text', of: (job) => job.result },
  { name: 'progress', kind: 'text', of: (job) => job.progress },
  { name: 'progress_place', kind: 'plain', of: (job) => job.progressPlace },
  { name: 'error', kind: 'text', of: ({ error }) => error && JSON.stringify(error) },
  { name: 'error_text', kind: 'text', of: ({ error }) => error && `${error.name}: ${error.message}` },
  { name: 'fingerprint', kind: 'plain', of: (_, { fingerprint }) => fingerprint },
  { name: 'dead_reason', kind: 'plain', of: (job) => job.deadReason },
  { name: 'runs', kind: 'text', of: (job) => JSON.stringify(job.runs) },
  { name: 'tags', kind: 'texts', of: (job) => job.tags },
  { name: 'tenant', kind: 'text', of: (job) => job.tenant },
  { name: 'correlation_id', kind: 'text', of: (job) => job.correlationId },
  { name: 'group_key', kind: 'text', of: (job) => job.group },
  { name: 'schedule', kind: 'text', of: (job) => job.schedule },
  { name: 'scheduled_for', kind: 'moment', of: (job) => job.scheduledFor },
  { name: 'flow', kind: 'text', of: (job) => job.flow },
  { name: 'traceparent', kind: 'text', of: (job) => job.traceparent },
  { name: 'worker', kind: 'text', of: (job) => job.worker },
  { name: 'origin', kind: 'plain', of: (job) => job.origin },
  { name: 'created_at', kind: 'moment', of: (job) => job.createdAt },
  { name: 'submitted_at', kind: 'moment', of: (job) => job.submittedAt },
  { name: 'due_at', kind: 'moment', of: (job) => job.dueAt },
  { name: 'started_at', kind: 'moment', of: (job) => job.startedAt },
  { name: 'finished_at', kind: 'moment', of: (job) => job.finishedAt },
  { name: 'cancel_requested_at', kind: 'moment', of: (job) => job.cancelRequestedAt },
  { name: 'keep_ms', kind: 'plain', of: (job) => job.keepMs },
  { name: 'unique_key', kind: 'text', of: (job) => job.uniqueKey },
  { name: 'terms', kind: 'numbers', of: (_, { terms }) => terms },
];

export function derive(job: JobRow, secrets: Secrets): Derived {
  const { error } = job;
  const fingerprint = error && fingerprintOf(job.type, error.name, error.message);
  return { fingerprint, terms: termsOf(job, fingerprint, secrets(job.type)) };
}

/** Its texts are storable: facts are made so before they are merged. */
export function toColumns(job: JobRow, secrets: Secrets): Columns {
  const derived = derive(job, secrets);
  return Object.fromEntries(COLUMNS.map(({ name, of }) => [name, of(job, derived)]));
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
    version: number(row.version),
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
