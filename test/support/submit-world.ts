import type { AnyJob, Broker } from '../../libs/jobs/src';
import { planLedger } from '../../libs/jobs/src';
import { catalogOf } from '../../libs/jobs/src/wire';
import { Database, DueRelease, Recorder, Relay, Submitter, type SubmitterOptions } from '../../libs/ledger/src';
import { type Duty, DutyRunner } from '../../libs/ledger/src/duties/duty';
import { inboxRecording } from '../../libs/ledger/src/intake/inbox';
import { Intake } from '../../libs/ledger/src/intake/intake';
import { parkIn } from '../../libs/ledger/src/intake/park';
import { type LedgerEvents, silentLedger } from '../../libs/ledger/src/ledger-events';
import { countChanges } from '../../libs/ledger/src/record/effects/counts';
import { feedChanges } from '../../libs/ledger/src/record/effects/feed';
import { releaseKeys } from '../../libs/ledger/src/record/effects/keys';
import { Locks } from '../../libs/ledger/src/store/locks';
import type { TestDatabase } from './database';
import type { JobsWorld } from './jobs-world';
import { until } from './until';

export const EFFECTS = [countChanges, releaseKeys, feedChanges];

/** What a producer does with submissions, piece by piece; all stopped together. */
export class SubmitWorld {
  private readonly stops: (() => Promise<void>)[] = [];

  constructor(
    readonly db: TestDatabase,
    readonly jobs: readonly AnyJob[],
  ) {}

  /** One with connections of its own, as another process would have. */
  submitter(options: Partial<SubmitterOptions> & { url?: string } = {}): Submitter {
    const { url = this.db.url, ...rest } = options;
    const database = new Database({ url });
    this.stops.push(() => database.close());
    return new Submitter({ database, catalog: catalogOf(this.jobs), effects: EFFECTS, ...rest });
  }

  /** Relays with connections of its own, as another process would. */
  relay(world: JobsWorld, broker: Broker, events: LedgerEvents = silentLedger): DutyRunner {
    const database = new Database({ url: this.db.url });
    this.stops.push(() => database.close());
    return this.runs(new Relay({ database, broker, names: world.names, events }), events);
  }

  due(onOutbox?: () => void): DutyRunner {
    return this.runs(new DueRelease(this.db.database, onOutbox));
  }

  /** Records what comes into the ledger's inbox. */
  async records(world: JobsWorld): Promise<void> {
    const broker = await world.broker();
    const { queues, ...plan } = planLedger({ names: world.names });
    // Nobody speaks on the control stream here.
    await broker.apply({ ...plan, queues: queues.filter(({ type }) => type !== 'stream') });
    const park = parkIn(world.names.parked, broker.publisher(), silentLedger);
    const recorder = new Recorder(this.db.database, EFFECTS);
    const intake = new Intake({
      ...{ broker, queue: world.names.ledger, prefetch: 1_000, most: 500, park, events: silentLedger },
      record: inboxRecording({ recorder, broker, names: world.names, park }).record,
    });
    await intake.start();
    this.stops.push(() => intake.stop());
  }

  /** Waits until so many jobs are in history as completed. */
  async completed(count: number, deadlineMs?: number): Promise<void> {
    await until(
      `${count} completed jobs`,
      async () => (await this.count("select count(*) as n from history where state = 'completed'")) >= count,
      deadlineMs,
    );
  }

  /** The `n` of a statement. */
  async count(sql: string, values: unknown[] = []): Promise<number> {
    const [row] = await this.db.database.query<{ n: string }>(sql, values);
    return Number(row?.n);
  }

  /** As if nothing had ever been submitted. */
  async clear(): Promise<void> {
    await this.db.database.query('truncate jobs, history, outbox, keys, counts, feed, tombstones');
  }

  async stop(): Promise<void> {
    for (const stop of this.stops.splice(0).reverse()) await stop();
  }

  private runs(duty: Duty, events: LedgerEvents = silentLedger): DutyRunner {
    const locks = new Locks(this.db.url);
    const runner = new DutyRunner(duty, locks, events);
    runner.start();
    this.stops.push(async () => {
      await runner.stop();
      await locks.close();
    });
    return runner;
  }
}
