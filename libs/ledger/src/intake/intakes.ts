import type { Broker, Delivery, Names } from '@scutwork/jobs';
import type { Submitting } from '../api';
import type { LedgerEvents } from '../ledger-events';
import type { Effect } from '../record/change';
import { Recorder } from '../record/recorder';
import type { Secrets } from '../record/secrets';
import type { Database } from '../store/database';
import { DeadQueues } from './dead-queues';
import { recordInbox } from './inbox';
import { Intake } from './intake';
import { recordLater } from './later';
import { parkIn } from './park';
import { takeSubmissions } from './submissions';

export interface IntakesOptions {
  /** Started, with the ledger's plan applied. */
  broker: Broker;
  names: Names;
  database: Database;
  /** Who decides on submissions. */
  ledger: Submitting;
  effects: readonly Effect[];
  secrets?: Secrets;
  events: LedgerEvents;
  /** The queues of the known job types. */
  queues: readonly string[];
}

/** Everything that the ledger takes from the broker: its inbox, dead letters and strays, far delays, submissions. */
export class Intakes {
  /** For whoever else has facts to record: with it new queues are heard of. */
  readonly recorder: Recorder;
  private readonly dead: DeadQueues;
  private readonly intakes: Intake[];
  private readonly publisher: ReturnType<Broker['publisher']>;

  constructor({ broker, names, database, ledger, effects, secrets, events, queues }: IntakesOptions) {
    const publisher = (this.publisher = broker.publisher());
    const park = parkIn(names.parked, publisher, events);
    const noteQueues: Effect = (tx, changes, facts) => this.dead.noteQueues(tx, changes, facts);
    const recorder = (this.recorder = new Recorder(database, [...effects, noteQueues], secrets));
    this.dead = new DeadQueues({ broker, names, database, recorder, park, events, queues });
    const takes = (
      queue: string,
      prefetch: number,
      most: number,
      record: (deliveries: readonly Delivery[]) => Promise<void>,
    ): Intake => new Intake({ broker, queue, prefetch, most, record, park, events });
    this.intakes = [
      takes(names.ledger, 200, 100, recordInbox({ recorder, broker, names, park })),
      takes(names.later, 1_000, 500, recordLater(database, recorder, names)),
      takes(names.submit, 1_000, 500, takeSubmissions({ ledger, publisher, park })),
    ];
  }

  /** Whether it takes from all of its own queues just now; for health. */
  get taking(): boolean {
    return this.intakes.every((intake) => intake.taking);
  }

  /** @throws BrokerError when a queue cannot be consumed; what PostgreSQL throws */
  async start(): Promise<void> {
    await Promise.all([...this.intakes.map((intake) => intake.start()), this.dead.start()]);
  }

  /** Ends after the batches that are being written; the rest returns to its queues. */
  async stop(): Promise<void> {
    await Promise.all([...this.intakes.map((intake) => intake.stop()), this.dead.stop()]);
    await this.publisher.close(1_000);
  }
}
