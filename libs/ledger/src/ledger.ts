import {
  type AnyJob,
  type Broker,
  type Names,
  type QueueType,
  type Service,
  namesFor,
  planLedger,
} from '@scutwork/jobs';
import { type Ground, type Parts, assemble } from './assemble';
import { type LedgerEvents, silentLedger } from './ledger-events';
import { ReadSide } from './query/read-side';
import { secretsOf } from './record/secrets';
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
  events?: LedgerEvents;
}

const AGAIN_MS = 2_000;

/**
 * The ledger: records what happened to every job, answers questions about it, and steers. It starts, and takes what
 * comes through the API, while the broker is away.
 *
 * @example
 * const ledger = new Ledger({ broker, databaseUrl: process.env.DATABASE_URL, jobs: [Welcome] });
 * await ledger.start();
 * const { items } = await ledger.reading.jobs({ filter: { state: 'dead' } });
 */
export class Ledger implements Service {
  readonly reading: ReadSide;
  private readonly ground: Ground;
  private readonly parts: Parts;
  private taking: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopping: Promise<void> | undefined;

  constructor(private readonly options: LedgerOptions) {
    const { broker, databaseUrl, jobs = [], names = namesFor(), events = silentLedger } = options;
    const database = new Database({ url: databaseUrl });
    const secrets = secretsOf(jobs);
    const publisher = broker.publisher({ deadlineMs: 30_000 });
    this.ground = { broker, names, jobs, secrets, database, publisher, events, locks: new Locks(databaseUrl) };
    this.reading = new ReadSide({ database, secrets });
    this.parts = assemble(this.ground);
  }

  /** Resolves when the database is ready and the duties run; the queues are taken from as soon as the broker is there. @throws what PostgreSQL throws */
  async start(): Promise<void> {
    await migrate(this.options.databaseUrl);
    await this.ground.broker.start();
    for (const duty of this.parts.duties) duty.start();
    this.taking = this.take();
  }

  /** Resolves when it takes from its queues; for those who must know, as tests and banners. */
  async ready(): Promise<void> {
    await this.taking;
  }

  /** What is being written ends; what was not recorded returns to its queue. */
  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async take(): Promise<void> {
    const { broker, names, events } = this.ground;
    try {
      await broker.apply(planLedger({ names, queueType: this.options.queueType }));
      for (const taker of this.parts.takers) await taker.start();
    } catch (error) {
      if (this.stopping) return;
      events.failed('taking from the queues of the ledger', error, isDatabaseAway(error));
      await new Promise<void>((resolve) => (this.timer = setTimeout(resolve, AGAIN_MS)));
      await this.take();
    }
  }

  private async end(): Promise<void> {
    clearTimeout(this.timer);
    const { publisher, database, locks } = this.ground;
    await Promise.all(this.parts.duties.map((duty) => duty.stop()));
    await Promise.all(this.parts.takers.map((taker) => taker.stop()));
    await publisher.close(2_000);
    await locks.close();
    await database.close();
  }
}
