import type { Actor, BulkView, Page, PageRequest, SubmitOptions, SubmittedJob } from '../api';
import type { CatchUp, Overlap } from './schedule-row';
import type { TickOutcome } from './store';

/** What of schedules the ledger can be asked and told. Times are ISO 8601 texts; `LedgerError` says what is wrong. */
export interface Scheduling {
  /** @throws LedgerError `schedule_exists`, `schedule_invalid`; ConfigurationError `cron_invalid`; JobError, naming the field */
  createSchedule(request: ScheduleRequest, actor: Actor): Promise<ScheduleView>;
  /**
   * What is left out stays; null takes a limit away. What it was decides of the past, what it is now of what comes.
   * @param ifRevision change it only if it still is at that revision @throws LedgerError `schedule_not_found`, `schedule_changed`
   */
  updateSchedule(name: string, changes: ScheduleChanges, actor: Actor, ifRevision?: number): Promise<ScheduleView>;
  /** What was due while it was off is not made up for. */
  setScheduleEnabled(name: string, enabled: boolean, actor: Actor, ifRevision?: number): Promise<ScheduleView>;
  /** With `cancel` it begins an action that cancels its jobs that do not run, however many, and resolves with its record. */
  deleteSchedule(
    name: string,
    what: { jobs: 'keep' | 'cancel' },
    actor: Actor,
    ifRevision?: number,
  ): Promise<BulkView | undefined>;
  /** A job of it now, also when it is switched off. It counts as a run. */
  triggerSchedule(name: string, actor: Actor): Promise<SubmittedJob>;
  /**
   * What a scheduler does, from outside: decides what is due. Repeating it decides nothing twice.
   * @throws LedgerError `schedule_not_found`, `schedule_disabled`
   */
  tickSchedule(name: string, by: string): Promise<ScheduleTick>;
  /** @throws LedgerError `schedule_not_found` */
  schedule(name: string): Promise<ScheduleView>;
  schedules(query: ScheduleQuery): Promise<Page<ScheduleView>>;
  /** What became of its moments, newest first, each with its job. Of the last 7 days. */
  scheduleRuns(name: string, page: PageRequest): Promise<Page<ScheduleRunView>>;
  /** The next moments of it, also when it is switched off: ISO 8601. */
  nextRuns(name: string, count: number): Promise<string[]>;
  scheduleHealth(): Promise<ScheduleHealth>;
  /** Of every schedule, for metrics. */
  scheduleFigures(): Promise<ScheduleFigures[]>;
}

export interface ScheduleRequest {
  /** Words of `a-z`, `0-9`, `-` and `_`, joined by dots; at most 80 characters. */
  name: string;
  type: string;
  payload: unknown;
  /** Of its jobs; not `id`, `expiresAt` and `unique`. */
  options?: SubmitOptions;
  /** 5 fields, 6 with seconds first, or a name such as `daily`. In place of `every`. */
  cron?: string;
  /** At least a second: milliseconds, or a text such as `'15m'`. Counted from `start`, else from when it was made. */
  every?: number | string;
  /** Whose clock `cron` follows. Default UTC. */
  timeZone?: string;
  /** ISO 8601: no run before it. */
  start?: string;
  /** ISO 8601: no run at it or after. */
  end?: string;
  /** Runs in all. */
  limit?: number;
  /** While a job of it is not finished. Default `allow`. */
  overlap?: Overlap;
  /** For moments that are older than `grace` when they are decided. Default `once`. */
  catchUp?: CatchUp;
  /** Most that `all` makes up for, the newest. Default 100. */
  catchUpLimit?: number;
  /** How late a moment may be decided and still be on time, 1 s to 1 h. Default a minute. */
  grace?: number | string;
  /** Default true. */
  enabled?: boolean;
}

export type ScheduleChanges = {
  [K in keyof Omit<ScheduleRequest, 'name'>]?: ScheduleRequest[K] | null;
};

export interface ScheduleQuery extends PageRequest {
  type?: string;
  /** Only those that are late, or are not. */
  late?: boolean;
}

export interface ScheduleView {
  name: string;
  type: string;
  payload: unknown;
  options: SubmitOptions;
  cron?: string;
  /** Milliseconds. */
  every?: number;
  timeZone?: string;
  /** The same as a sentence. */
  says: string;
  start?: string;
  end?: string;
  limit?: number;
  overlap: Overlap;
  catchUp: CatchUp;
  catchUpLimit: number;
  /** Milliseconds. */
  grace: number;
  enabled: boolean;
  /** Declared in code, or made over the API. */
  source: 'code' | 'api';
  revision: number;
  runCount: number;
  /** Moments that nobody decided in time, and that got no job. */
  missedCount: number;
  /** Moments that came while a job of it was not finished. */
  skippedCount: number;
  /** Moments whose job could not be made. */
  failedCount: number;
  lastRun?: string;
  lastJobId?: string;
  nextRun?: string;
  /** When a moment of it was decided last, and who told it. */
  lastTick?: { at: string; by: string; lateMs?: number };
  lastMissed?: string;
  /** Its next run is past by so long: nobody decides it. */
  lateMs?: number;
  /** It has no next run any more: its limit or its end is reached. */
  finished: boolean;
  /** A worker that lives knows its type. */
  handled: boolean;
  createdAt: string;
  createdBy: string;
  updatedAt: string;
  updatedBy: string;
}

export interface ScheduleRunView {
  scheduledFor: string;
  outcome: TickOutcome;
  jobId?: string;
  /** Of the job, as long as it is kept. */
  state?: string;
  startedAt?: string;
  finishedAt?: string;
  ranMs?: number;
  tickedBy: string;
  /** How long after the moment it was decided. */
  lateMs: number;
  /** Why there is no job. */
  reason?: string;
}

export interface ScheduleTick {
  /** Whether this call has made a job. */
  ran: boolean;
  /** The moment that was run last, and its job. */
  scheduledFor?: string;
  jobId?: string;
  nextRun?: string;
}

export interface ScheduleHealth {
  enabled: number;
  /** The next run is past by more than 5 s. */
  late: { name: string; nextRun: string }[];
  missed: number;
  /** Switched on, and no worker that lives knows their type. */
  unhandled: string[];
  /** Who has told ticks within the last hour, the newest first; at most 20. */
  schedulers: { name: string; lastTick: string }[];
}

/** How one schedule does. */
export interface ScheduleFigures {
  name: string;
  enabled: boolean;
  runs: number;
  missed: number;
  skipped: number;
  failed: number;
  /** When a moment of it was decided last, milliseconds since 1970. */
  tickedAt?: number;
  /** For how long its next moment is past; 0 while it is on time. */
  lateMs: number;
  /** A worker that lives knows its type. */
  handled: boolean;
}
