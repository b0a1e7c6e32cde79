import type { AnyJob, Handler, HandlerOptions, InputOf, PayloadOf, ResultOf } from '@scutwork/jobs';
import type {
  JobQuery,
  JobSummary,
  JobView,
  Page,
  QueueView,
  ScheduleRequest,
  ScheduleView,
  SubmitOptions,
  SubmittedJob,
} from '@scutwork/ledger';
import type { Welcome } from '@scutwork/workers/jobs';

/** Injects the {@link JobService}. */
export const JOB_SERVICE = Symbol('scutwork.job-service');

/** One job of {@link JobService.scheduleMany}. */
export interface ScheduledJob {
  type: string;
  payload: unknown;
  options?: SubmitOptions;
}

/** Mails that can be sent, by template, and what each needs. */
export interface Emails {
  welcome: InputOf<typeof Welcome>;
}

/**
 * Jobs from within the producer's process: what REST offers, as a service of Nest. What it steers is noted in the audit
 * log as done by `service`. Methods throw what the ledger does: `LedgerError` and `JobError`, with a stable code.
 *
 * @example
 * constructor(\@Inject(JOB_SERVICE) private readonly jobs: JobService) {}
 * await this.jobs.schedule('email.welcome', { to: 'ada@example.org', name: 'Ada' }, { delay: '5m' });
 */
export interface JobService {
  /** Records a job; it is published by itself, also when the broker is away just now. @throws JobError naming the field at fault */
  schedule<J extends AnyJob>(job: J, payload: InputOf<J>, options?: SubmitOptions): Promise<SubmittedJob>;
  schedule(type: string, payload: unknown, options?: SubmitOptions): Promise<SubmittedJob>;
  /** All or, with a mistake in one, none. */
  scheduleMany(jobs: readonly ScheduledJob[]): Promise<SubmittedJob[]>;
  /** @example jobs.scheduleEmail('welcome', { to: 'ada@example.org', name: 'Ada' }) */
  scheduleEmail<T extends keyof Emails>(template: T, mail: Emails[T], options?: SubmitOptions): Promise<SubmittedJob>;

  /** One job for each mail: all or, with a mistake in one, none. */
  scheduleBulkEmail<T extends keyof Emails>(
    template: T,
    mails: readonly Emails[T][],
    options?: SubmitOptions,
  ): Promise<SubmittedJob[]>;
  /**
   * A mail again and again. A schedule of this name is changed if it is there.
   * @example jobs.scheduleRecurringEmail('monday', 'welcome', { to, name }, { cron: '0 9 * * MON', timeZone: 'Europe/Berlin' })
   */
  scheduleRecurringEmail<T extends keyof Emails>(
    name: string,
    template: T,
    mail: Emails[T],
    when: Omit<ScheduleRequest, 'name' | 'type' | 'payload'>,
  ): Promise<ScheduleView>;

  /** @throws LedgerError `job_not_found` */
  getJobStatus(id: string): Promise<JobView>;
  getJobs(query?: JobQuery): Promise<Page<JobSummary>>;
  /** A dead, cancelled or expired job again. @throws LedgerError `job_not_found`, `job_not_finished`, `key_taken` */
  retryJob(id: string): Promise<JobView>;
  /** @throws LedgerError `job_not_found`, `job_finished` */
  cancelJob(id: string): Promise<JobView>;

  /** @throws LedgerError `queue_not_found` */
  getQueueStats(queue: string): Promise<QueueView>;
  /** Everywhere, also across restarts. */
  pauseQueue(queue: string): Promise<void>;
  resumeQueue(queue: string): Promise<void>;

  /**
   * Has this process work jobs of a type, from {@link start} on.
   * @throws ConfigurationError `duplicate_handler`; `configuration_invalid` after start
   */
  registerHandler<J extends AnyJob>(job: J, handle: Handler<PayloadOf<J>, ResultOf<J>>, options?: HandlerOptions): void;
  registerHandler(type: string, handle: Handler, options?: HandlerOptions): void;
  /** Begins to work the types that have handlers; does nothing when there are none. Waits for the broker. */
  start(): Promise<void>;
  /** Lets what runs end until the deadline, 30 s by default; called when the application shuts down. */
  stop(options?: { deadlineMs?: number }): Promise<void>;
}
