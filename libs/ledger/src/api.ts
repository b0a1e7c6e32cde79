import type { AddedJob, Failure, JobOptions, JobState, Priority } from '@scutwork/jobs';
import type { Run } from './record/job-row';
import type { Scheduling } from './schedules/scheduling-api';

/**
 * What the ledger can be asked and told: the whole of it, as REST, GraphQL, the dashboard and `JobService` use it.
 * Times are ISO 8601 texts where people read them. Methods throw `LedgerError` (`store/ledger-error.ts`) with a stable
 * code, the field at fault and a hint; a database that is away is `database_unreachable`.
 */
export interface LedgerApi extends Submitting, Reading, Steering, Scheduling {}

/* ---- submit/ ---------------------------------------------------------------------------------------------------- */

export interface Submitting {
  /**
   * Records jobs in one transaction; the relay publishes them. All or none: a mistake in one names it (`jobs[3].payload.to`).
   * Concurrent calls share transactions. Works while the broker is away.
   */
  submit(entries: readonly SubmitEntry[]): Promise<SubmittedJob[]>;
}

export interface SubmitEntry {
  type: string;
  payload: unknown;
  options?: SubmitOptions;
}

export interface SubmitOptions extends JobOptions {
  /** How long it is kept when it is finished, ms or a text such as `'90d'`; 0 removes it at once. */
  keepFor?: number | string;
}

/** As `JobsClient` answers too. */
export type SubmittedJob = AddedJob;

/* ---- query/ ----------------------------------------------------------------------------------------------------- */

export interface Reading {
  /** @throws LedgerError `job_not_found`. `id` may also be the custom id it was submitted with. */
  job(id: string): Promise<JobView>;
  /** @throws LedgerError `filter_invalid`, `cursor_invalid`, `query_too_broad` */
  jobs(query: JobQuery): Promise<Page<JobSummary>>;
  /** How many match. Not by payload. @throws LedgerError `filter_invalid`, `query_too_broad` */
  count(filter: JobFilter): Promise<JobCount>;
  logs(id: string, page: PageRequest): Promise<Page<LogView>>;
  queues(): Promise<QueueView[]>;
  /** @throws LedgerError `queue_not_found` */
  queue(name: string): Promise<QueueView>;
  /** The newest 20,000 dead jobs that match, grouped by the fingerprint of their error. */
  deadGroups(filter: JobFilter): Promise<DeadGroup[]>;
  workers(): Promise<WorkerView[]>;
  /** What happened by the minute, or by longer steps. @throws LedgerError `filter_invalid`, `query_too_broad` */
  metrics(query: MetricsQuery): Promise<MetricsView>;
  /** Finished jobs as they are read, a batch at a time. */
  history(filter: JobFilter): AsyncIterable<JobView[]>;
  /** What happened after `seq`; waits for nothing. `lost` when `seq` is older than what is kept. */
  feed(after: number | 'now'): Promise<{ seq: number; changes: FeedEntry[]; lost: boolean }>;
}

/** Every filter given must hold. Times are ISO 8601 and compare with `createdAt`. */
export interface JobFilter {
  queue?: string;
  type?: string;
  /** Also the names `failed`, `pending`, `running` for `dead`, `waiting`, `active`. */
  state?: JobState | 'failed' | 'pending' | 'running';
  priority?: Priority;
  tag?: string;
  tenant?: string;
  schedule?: string;
  worker?: string;
  fingerprint?: string;
  correlationId?: string;
  from?: string;
  to?: string;
  /** Part of the name or message of the error, 3 characters or more. */
  error?: string;
  /** Fields of the payload by path: `{ 'user.id': 123 }`. */
  payload?: Record<string, string | number | boolean | null>;
}

export interface PageRequest {
  /** 1 to 200. Default 50. */
  limit?: number;
  cursor?: string;
}

export interface JobQuery extends PageRequest {
  filter?: JobFilter;
  /** Newest first by default. `finished` only looks at finished jobs. */
  sort?: '-created' | 'created' | '-finished' | 'finished';
}

export interface JobCount {
  count: number;
  /** There are more: only so many were counted. */
  atLeast: boolean;
}

export interface Page<T> {
  /** Now and then fewer than `limit` with a cursor: what was looked at did not match. */
  items: T[];
  /** Of the next page; undefined on the last. */
  cursor?: string;
}

export interface JobSummary {
  id: string;
  key?: string;
  type: string;
  queue: string;
  state: JobState;
  priority: Priority;
  attempt: number;
  maxAttempts?: number;
  tags: string[];
  tenant?: string;
  progress?: unknown;
  error?: Pick<Failure, 'name' | 'message' | 'code'>;
  deadReason?: string;
  worker?: string;
  schedule?: string;
  /** When it is due: of a delayed or retrying job. Of another one the moment of its schedule. */
  scheduledFor?: string;
  createdAt: string;
  startedAt?: string;
  finishedAt?: string;
  waitedMs?: number;
  ranMs?: number;
}

export interface JobView extends Omit<JobSummary, 'error'> {
  payload?: unknown;
  result?: unknown;
  error?: Failure;
  stack?: string;
  fingerprint?: string;
  correlationId?: string;
  group?: string;
  flow?: string;
  traceparent?: string;
  /** Of the payload; left out where nobody said it: then it is 1. */
  version?: number;
  generation: number;
  timeoutMs?: number;
  expiresAt?: string;
  cancelRequestedAt?: string;
  attempts: AttemptView[];
  /** Why it is not at the broker yet, or what stands in its way. */
  note?: string;
}

export interface AttemptView extends Omit<Run, 'startedAt' | 'endedAt'> {
  startedAt: string;
  endedAt?: string;
  ranMs?: number;
}

export interface LogView {
  at: string;
  attempt: number;
  level: string;
  message: string;
  fields?: unknown;
}

export interface QueueView {
  name: string;
  waiting: number;
  active: number;
  delayed: number;
  retrying: number;
  blocked: number;
  accepted: number;
  completed: number;
  dead: number;
  cancelled: number;
  expired: number;
  total: number;
  paused: boolean;
  pausedTypes: string[];
  /** Most that run at a time in all workers together, and of it the share of each worker; undefined without a cap. */
  globalConcurrency?: { most: number; shares: Record<string, number> };
  averageRunMs?: number;
  lastProcessedAt?: string;
  /** Age of the oldest waiting job. */
  oldestWaitingMs?: number;
  workers: number;
  types: string[];
}

export interface MetricsQuery {
  /** Of one queue; else of all together. */
  queue?: string;
  /** ISO 8601. Default an hour before `to`. */
  from?: string;
  /** ISO 8601. Default now. */
  to?: string;
  /** Whole minutes: milliseconds, or a text such as `'1h'`. Default a minute. At most 1,500 steps are read. */
  step?: number | string;
}

export interface MetricsView {
  queue?: string;
  /** The first step begins here: `from`, rounded down to a whole step. */
  from: string;
  to: string;
  stepMs: number;
  /** Oldest first. Steps in which nothing happened are left out. */
  items: MetricsPoint[];
}

/** What happened in one step, at the time at which it happened, however late it was told. */
export interface MetricsPoint {
  /** When the step begins. */
  at: string;
  /** Jobs that came. */
  accepted: number;
  /** Runs that began, and runs that failed, whether they are tried again or not. */
  started: number;
  failed: number;
  /** Jobs that ended so. */
  completed: number;
  dead: number;
  cancelled: number;
  expired: number;
  /** Of the runs that ended; undefined when none did. */
  averageRunMs?: number;
  longestRunMs?: number;
}

export interface DeadGroup {
  fingerprint: string;
  type: string;
  error: string;
  count: number;
  first: string;
  last: string;
  sampleId: string;
}

export interface WorkerView {
  name: string;
  queues: string[];
  types: string[];
  running: string[];
  held: number;
  controlVersion?: number;
  startedAt: string;
  seenAt: string;
  gone: boolean;
}

export interface FeedEntry {
  seq: number;
  id: string;
  type: string;
  queue: string;
  state: JobState;
  attempt: number;
  at: number;
  progress?: unknown;
}

/* ---- control/ --------------------------------------------------------------------------------------------------- */

/** Who does it, for the audit log. */
export interface Actor {
  name: string;
  role: 'viewer' | 'operator' | 'admin';
  ip?: string;
}

export interface Steering {
  /** @throws LedgerError `job_not_found`, `job_finished` */
  cancel(id: string, actor: Actor): Promise<JobView>;
  /** A dead, cancelled or expired job again, from its first attempt, with another payload if given. `key_taken` (409) when another holds its unique key. */
  retry(id: string, actor: Actor, changes?: { payload?: unknown }): Promise<JobView>;
  /** A delayed job now. */
  promote(id: string, actor: Actor): Promise<JobView>;
  reschedule(id: string, to: { delay: number | string } | { at: string }, actor: Actor): Promise<JobView>;
  setPriority(id: string, priority: Priority, actor: Actor): Promise<JobView>;
  /** A finished job from history, for good. */
  remove(id: string, actor: Actor): Promise<void>;
  pause(what: { queue: string } | { type: string }, actor: Actor): Promise<{ version: number }>;
  resume(what: { queue: string } | { type: string }, actor: Actor): Promise<{ version: number }>;
  /**
   * At most `most` jobs of a queue run at a time, in all workers together, 1 to 100,000: each has a share of it, and keeps
   * it while the ledger is down. @throws LedgerError `options_invalid`
   */
  cap(queue: string, most: number, actor: Actor): Promise<{ version: number }>;
  /** Each worker runs as many of them as it can again. */
  uncap(queue: string, actor: Actor): Promise<{ version: number }>;
  /** Removes finished jobs of a queue that ended at least `graceMs` ago; at most `limit`. */
  clean(
    queue: string,
    what: { state: JobState; graceMs: number; limit?: number },
    actor: Actor,
  ): Promise<{ removed: number }>;
  /** Begins an action on all jobs that match; it goes on by itself, also after a restart. */
  bulk(
    action: BulkAction,
    filter: JobFilter,
    actor: Actor,
    args?: { payload?: unknown; priority?: Priority; to?: { delay: number | string } | { at: string } },
  ): Promise<BulkView>;
  /** @throws LedgerError `bulk_not_found` */
  bulkAction(id: string): Promise<BulkView>;
}

/** `redrive` and `discard` act on dead letters. */
export type BulkAction = 'cancel' | 'retry' | 'promote' | 'reschedule' | 'priority' | 'remove' | 'redrive' | 'discard';

export interface BulkView {
  id: string;
  action: BulkAction;
  state: 'running' | 'done' | 'failed';
  matched: number;
  done: number;
  failed: number;
  error?: string;
  createdBy: string;
  createdAt: string;
  finishedAt?: string;
}
