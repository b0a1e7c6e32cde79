import {
  type AnyJob,
  type Broker,
  type Names,
  type PublisherKeys,
  type QueueType,
  type Service,
  namesFor,
  planLedger,
  systemClock,
} from '@scutwork/jobs';
import { Announcer, checkPublisherKeys, within } from '@scutwork/jobs/wire';
import type { LedgerApi, Reading, Steering, Submitting } from './api';
import type { Scheduling } from './schedules/scheduling-api';
import { type Ground, type Parts, assemble } from './assemble';
import { type LedgerEvents, silentLedger } from './ledger-events';
import type { RetentionOptions } from './retention/rules';
import type { BacklogLimits } from './submit/admission';
import { Database, isDatabaseAway } from './store/database';
import { Locks } from './store/locks';
import { migrate } from './store/migrate';

export interface LedgerOptions {
  /** Its connection to RabbitMQ; may be shared with others of the process. The ledger starts it, and leaves its end to them. */
  broker: Broker;
  /** `postgresql://user:password@host:port/database`. */
  databaseUrl: string;
  /** The job types that can be submitted through it, and whose dead letters it takes. */
  jobs?: readonly AnyJob[];
  names?: Names;
  queueType?: QueueType;
  /** Largest payload in bytes of JSON. Default 1 MiB. */
  maxPayloadBytes?: number;
  /** How often workers try jobs of which neither they nor their type say it: as jobs are shown. Default 3. */
  defaultAttempts?: number;
  /** How long finished jobs are kept. Default 7 days for completed, 30 for the others. */
  retention?: RetentionOptions;
  /** How many jobs of a queue may wait; more are refused with `backlog_full`. Default 1,000,000 of each. */
  backlog?: BacklogLimits;
  /** Keys by publisher: as workers take them. Give both the same. Default none. */
  publisherKeys?: PublisherKeys;
  events?: LedgerEvents;
}

/** Questions that are answered at a time; the others wait. */
const READERS = 6;
/** Changes that are made at a time, one while the other is being committed. The others wait, for some seconds at most. */
const STEERERS = 2;
const AGAIN_MS = 2_000;
/** For what was published last. */
const CLOSING_MS = 2_000;
/** What is being written may end within so long. */
const ENDING_MS = 5_000;

/**
 * The ledger: records what happened to every job, takes jobs, answers questions about them, and steers. It starts, and
 * takes what comes through the API, while the broker is away.
 *
 * @example
 * const ledger = new Ledger({ broker, databaseUrl: process.env.DATABASE_URL, jobs: [Welcome] });
 * await ledger.start();
 * const [{ id }] = await ledger.submit([{ type: 'email.welcome', payload: { to: 'ada@example.org', name: 'Ada' } }]);
 * const { state } = await ledger.job(id);
 */
export class Ledger implements LedgerApi, Service {
  private readonly ground: Ground;
  private readonly parts: Parts;
  private taking: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopping: Promise<void> | undefined;

  constructor(private readonly options: LedgerOptions) {
    const { broker, databaseUrl, jobs = [], names = namesFor(), events = silentLedger } = options;
    this.ground = {
      ...{ broker, jobs, names, events },
      database: new Database({ url: databaseUrl }),
      reads: new Database({ url: databaseUrl, connections: READERS, applicationName: 'scutwork-reads' }),
      steers: new Database({ url: databaseUrl, connections: STEERERS, applicationName: 'scutwork-steers' }),
      locks: new Locks(databaseUrl),
      publisher: broker.publisher({ deadlineMs: 10_000 }),
      maxPayloadBytes: options.maxPayloadBytes ?? 1_048_576,
      defaultAttempts: options.defaultAttempts,
      retention: options.retention ?? {},
      publisherKeys: options.publisherKeys && checkPublisherKeys(options.publisherKeys),
      backlog: options.backlog ?? {},
      announcer: new Announcer({
        ...{ broker, names, clock: systemClock },
        onLeftOut: (count) => events.noticed(`listeners on ${names.events} are slow: ${count} events were left out`),
      }),
    };
    this.parts = assemble(this.ground);
  }

  /**
   * Resolves when the database is ready and the duties run; the queues are taken from as soon as the broker is there.
   * @throws what PostgreSQL throws
   */
  async start(): Promise<void> {
    await migrate(this.options.databaseUrl);
    await this.ground.broker.start();
    for (const runner of this.parts.duties) if (!runner.duty.afterQueues) runner.start();
    this.taking = this.take();
  }

  /** Resolves when it takes from its queues: for those who must know, such as tests. */
  async ready(): Promise<void> {
    await this.taking;
  }

  /** What is being written ends; what was not recorded returns to its queue. */
  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  submit = (...args: Parameters<Submitting['submit']>) => this.parts.submitting.submit(...args);

  job = (...args: Parameters<Reading['job']>) => this.parts.reading.job(...args);
  jobs = (...args: Parameters<Reading['jobs']>) => this.parts.reading.jobs(...args);
  count = (...args: Parameters<Reading['count']>) => this.parts.reading.count(...args);
  logs = (...args: Parameters<Reading['logs']>) => this.parts.reading.logs(...args);
  queues = () => this.parts.reading.queues();
  queue = (...args: Parameters<Reading['queue']>) => this.parts.reading.queue(...args);
  deadGroups = (...args: Parameters<Reading['deadGroups']>) => this.parts.reading.deadGroups(...args);
  workers = () => this.parts.reading.workers();
  metrics = (...args: Parameters<Reading['metrics']>) => this.parts.reading.metrics(...args);
  history = (...args: Parameters<Reading['history']>) => this.parts.reading.history(...args);
  feed = (...args: Parameters<Reading['feed']>) => this.parts.reading.feed(...args);

  cancel = (...args: Parameters<Steering['cancel']>) => this.parts.steering.cancel(...args);
  retry = (...args: Parameters<Steering['retry']>) => this.parts.steering.retry(...args);
  promote = (...args: Parameters<Steering['promote']>) => this.parts.steering.promote(...args);
  reschedule = (...args: Parameters<Steering['reschedule']>) => this.parts.steering.reschedule(...args);
  setPriority = (...args: Parameters<Steering['setPriority']>) => this.parts.steering.setPriority(...args);
  pause = (...args: Parameters<Steering['pause']>) => this.parts.steering.pause(...args);
  resume = (...args: Parameters<Steering['resume']>) => this.parts.steering.resume(...args);
  cap = (...args: Parameters<Steering['cap']>) => this.parts.steering.cap(...args);
  uncap = (...args: Parameters<Steering['uncap']>) => this.parts.steering.uncap(...args);
  bulk = (...args: Parameters<Steering['bulk']>) => this.parts.steering.bulk(...args);
  bulkAction = (...args: Parameters<Steering['bulkAction']>) => this.parts.steering.bulkAction(...args);
  remove = (...args: Parameters<Steering['remove']>) => this.parts.removal.remove(...args);
  clean = (...args: Parameters<Steering['clean']>) => this.parts.removal.clean(...args);

  createSchedule = (...args: Parameters<Scheduling['createSchedule']>) => this.parts.schedules.createSchedule(...args);
  updateSchedule = (...args: Parameters<Scheduling['updateSchedule']>) => this.parts.schedules.updateSchedule(...args);
  setScheduleEnabled = (...args: Parameters<Scheduling['setScheduleEnabled']>) =>
    this.parts.schedules.setScheduleEnabled(...args);
  deleteSchedule = (...args: Parameters<Scheduling['deleteSchedule']>) => this.parts.schedules.deleteSchedule(...args);
  triggerSchedule = (...args: Parameters<Scheduling['triggerSchedule']>) =>
    this.parts.schedules.triggerSchedule(...args);
  tickSchedule = (...args: Parameters<Scheduling['tickSchedule']>) => this.parts.schedules.tickSchedule(...args);
  schedule = (...args: Parameters<Scheduling['schedule']>) => this.parts.schedules.schedule(...args);
  schedules = (...args: Parameters<Scheduling['schedules']>) => this.parts.schedules.schedules(...args);
  scheduleRuns = (...args: Parameters<Scheduling['scheduleRuns']>) => this.parts.schedules.scheduleRuns(...args);
  nextRuns = (...args: Parameters<Scheduling['nextRuns']>) => this.parts.schedules.nextRuns(...args);
  scheduleHealth = () => this.parts.schedules.scheduleHealth();
  scheduleFigures = () => this.parts.schedules.scheduleFigures();

  private async take(): Promise<void> {
    while (!(await this.tryToTake()))
      await new Promise<void>((resolve) => (this.timer = setTimeout(resolve, AGAIN_MS)));
  }

  /** @returns false when it is to be tried again */
  private async tryToTake(): Promise<boolean> {
    const { broker, names, events } = this.ground;
    try {
      await broker.apply(planLedger({ names, queueType: this.options.queueType }));
      for (const runner of this.parts.duties) if (!this.stopping) runner.start();
      await this.parts.intakes.start();
      return true;
    } catch (error) {
      if (this.stopping) return true;
      events.failed('taking from the queues of the ledger', error, isDatabaseAway(error));
      return false;
    }
  }

  private async end(): Promise<void> {
    clearTimeout(this.timer);
    const { publisher, announcer, database, reads, steers, locks } = this.ground;
    const ending = [...this.parts.duties.map((duty) => duty.stop()), this.parts.intakes.stop()];
    // While the broker is away they wait for confirms: those that do not come soon are given up, and found again later.
    await Promise.all([publisher.close(CLOSING_MS), announcer.close()]);
    // A database that does not answer holds up no end: what waits for it is cut off.
    await within(systemClock, ENDING_MS, Promise.all(ending));
    await Promise.all([locks.close(), database.close(), reads.close(), steers.close()]);
  }
}
