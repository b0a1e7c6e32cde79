import { setTimeout as sleep } from 'node:timers/promises';
import { DynamicModule, Inject, Module, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { AppConfig } from '@scutwork/app';
import { type Broker, namesFor } from '@scutwork/jobs';
import { JOBS_BROKER } from '@scutwork/jobs/nest';
import { Database, Ledger, type LedgerEvents, configuredRetention } from '@scutwork/ledger';
import { jobs } from '@scutwork/workers/jobs';
import type { Logger } from 'pino';
import { LedgerHealth } from '../health/ledger-health';
import { logLedger } from './log-ledger';
import { LEDGER } from './tokens';

/** Of the API's own: keys, audit, health. The ledger has connections of its own. */
const CONNECTIONS = 4;
const STATEMENT_TIMEOUT_MS = 5_000;
const AGAIN_MS = 1_000;
/** How long the producer waits with its port for a database that does not answer. */
const FIRST_TRY_MS = 10_000;

type LedgerConfig = Pick<AppConfig, 'publisherKeys' | 'databaseUrl' | 'prefix' | 'retention' | 'backlog' | 'defaults'>;

const EVENTS = Symbol('scutwork.ledger-events');

/** The ledger and its database, to be injected anywhere. Global, so that Nest ends it after those who use it. */
@Module({})
class LedgerCoreModule implements OnApplicationShutdown {
  constructor(private readonly database: Database) {}

  static for(
    { databaseUrl, prefix, retention: asked, backlog, defaults, publisherKeys }: LedgerConfig,
    log: Logger,
  ): DynamicModule {
    const names = namesFor(prefix);
    const retention = configuredRetention(
      asked,
      jobs.map(({ queue }) => queue),
    );
    const database = (): Database =>
      new Database({
        url: databaseUrl,
        connections: CONNECTIONS,
        statementTimeoutMs: STATEMENT_TIMEOUT_MS,
        applicationName: 'scutwork-api',
      });
    const ledger = (broker: Broker, events: LedgerEvents): Ledger =>
      new Ledger({
        publisherKeys,
        ...{ broker, databaseUrl, names, jobs, events, retention, backlog },
        defaultAttempts: defaults.maxAttempts,
      });
    const health = (db: Database, broker: Broker, ledger: Ledger): LedgerHealth =>
      new LedgerHealth(db, broker, names.ledger, ledger);
    return {
      module: LedgerCoreModule,
      global: true,
      providers: [
        { provide: EVENTS, useValue: logLedger(log) },
        { provide: Database, useFactory: database },
        { provide: LEDGER, inject: [JOBS_BROKER, EVENTS], useFactory: ledger },
        { provide: LedgerHealth, inject: [Database, JOBS_BROKER, LEDGER], useFactory: health },
      ],
      exports: [Database, LEDGER, LedgerHealth, EVENTS],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}

/** Starts and stops the ledger. Not global, so that Nest ends it before the connections that it needs. */
@Module({})
export class LedgerModule implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly ending = new AbortController();
  private starting = Promise.resolve();

  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(EVENTS) private readonly events: LedgerEvents,
  ) {}

  static for(config: LedgerConfig, log: Logger): DynamicModule {
    return { module: LedgerModule, imports: [LedgerCoreModule.for(config, log)] };
  }

  /** Once tried before it listens; the producer starts, and says what it waits for, while the database is away. */
  async onApplicationBootstrap(): Promise<void> {
    await new Promise<void>((tried) => {
      this.starting = this.start(tried);
      setTimeout(tried, FIRST_TRY_MS).unref();
    });
  }

  /** When the last request was answered. */
  async onApplicationShutdown(): Promise<void> {
    this.ending.abort();
    await this.starting;
    await this.ledger.stop();
  }

  private async start(tried: () => void): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      try {
        await this.ledger.start();
        return tried();
      } catch (error) {
        this.events.failed('start', error, true);
        tried();
        // Only an end of the producer rejects it.
        await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
