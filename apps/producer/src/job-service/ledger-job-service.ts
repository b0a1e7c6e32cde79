import {
  type AnyJob,
  type Broker,
  ConfigurationError,
  type EventSink,
  type Handler,
  type HandlerOptions,
  Handlers,
  type StopOptions,
  Worker,
  namesFor,
} from '@scutwork/jobs';
import {
  type Actor,
  type LedgerApi,
  LedgerError,
  type ScheduleRequest,
  type ScheduleView,
  type SubmitOptions,
  type SubmittedJob,
} from '@scutwork/ledger';
import { Welcome } from '@scutwork/workers/jobs';
import { submitOne } from '../ledger/submit-one';
import type { Emails, JobService, ScheduledJob } from './job-service';

const SERVICE: Actor = { name: 'service', role: 'operator' };

const templates: Record<keyof Emails, AnyJob> = { welcome: Welcome };

export interface JobServiceOptions {
  ledger: LedgerApi;
  broker: Broker;
  prefix: string;
  events: EventSink;
}

/** The {@link JobService} over the ledger. */
export class LedgerJobService implements JobService {
  private readonly handlers = new Handlers();
  private worker: Worker | undefined;

  constructor(private readonly options: JobServiceOptions) {}

  schedule(job: AnyJob | string, payload: unknown, options?: SubmitOptions): Promise<SubmittedJob> {
    return submitOne(this.options.ledger, { type: typeof job === 'string' ? job : job.type, payload, options });
  }

  scheduleMany(jobs: readonly ScheduledJob[]): Promise<SubmittedJob[]> {
    return this.options.ledger.submit(jobs);
  }

  scheduleEmail<T extends keyof Emails>(template: T, mail: Emails[T], options?: SubmitOptions): Promise<SubmittedJob> {
    return this.schedule(templates[template], mail, options);
  }

  scheduleBulkEmail<T extends keyof Emails>(
    template: T,
    mails: readonly Emails[T][],
    options?: SubmitOptions,
  ): Promise<SubmittedJob[]> {
    const { type } = templates[template];
    return this.scheduleMany(mails.map((payload) => ({ type, payload, options })));
  }

  async scheduleRecurringEmail<T extends keyof Emails>(
    name: string,
    template: T,
    payload: Emails[T],
    when: Omit<ScheduleRequest, 'name' | 'type' | 'payload'>,
  ): Promise<ScheduleView> {
    const { ledger } = this.options;
    const what = { type: templates[template].type, payload };
    try {
      return await ledger.createSchedule({ name, ...what, ...when }, SERVICE);
    } catch (error) {
      if (!(error instanceof LedgerError && error.code === 'schedule_exists')) throw error;
      return ledger.updateSchedule(name, { ...what, ...when }, SERVICE);
    }
  }

  getJobStatus: JobService['getJobStatus'] = (id) => this.options.ledger.job(id);

  getJobs: JobService['getJobs'] = (query = {}) => this.options.ledger.jobs(query);

  retryJob: JobService['retryJob'] = (id) => this.options.ledger.retry(id, SERVICE);

  cancelJob: JobService['cancelJob'] = (id) => this.options.ledger.cancel(id, SERVICE);

  getQueueStats: JobService['getQueueStats'] = (queue) => this.options.ledger.queue(queue);

  async pauseQueue(queue: string): Promise<void> {
    await this.options.ledger.pause({ queue }, SERVICE);
  }

  async resumeQueue(queue: string): Promise<void> {
    await this.options.ledger.resume({ queue }, SERVICE);
  }

  registerHandler(job: AnyJob | string, handle: Handler, options?: HandlerOptions): void {
    if (this.worker !== undefined) throw tooLate(typeof job === 'string' ? job : job.type);
    if (typeof job === 'string') this.handlers.register(job, handle, options);
    else this.handlers.register(job, handle, options);
  }

  async start(): Promise<void> {
    if (this.worker !== undefined || this.handlers.all().length === 0) return;
    const { broker, events, prefix } = this.options;
    this.worker = new Worker({ broker, events, handlers: this.handlers, names: namesFor(prefix) });
    await this.worker.start();
  }

  async stop(options?: StopOptions): Promise<void> {
    await this.worker?.stop(options);
  }
}

function tooLate(type: string): ConfigurationError {
  return new ConfigurationError('configuration_invalid', `The handler of "${type}" comes after start()`, {
    field: type,
    hint: 'Register all handlers first, for example in onModuleInit.',
  });
}
