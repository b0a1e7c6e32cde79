import type { Broker, Names, Publisher, PublisherKeys } from '@scutwork/jobs';
import type { Submitting } from '../api';
import type { LedgerEvents } from '../ledger-events';
import type { Recorder } from '../record/recorder';
import type { Database } from '../store/database';
import { DeadQueues } from './dead-queues';
import { inboxRecording } from './inbox';
import { Intake, type IntakeOptions } from './intake';
import { recordLater } from './later';
import { parkIn } from './park';
import type { TicksIntakeOptions } from './ticks';
import { takeSubmissions } from './submissions';

export interface IntakesOptions {
  /** Started, with the ledger's plan applied. */
  broker: Broker;
  names: Names;
  database: Database;
  recorder: Recorder;
  publisher: Publisher;
  /** Who decides on submissions. */
  ledger: Submitting;
  /** Who decides on ticks. */
  scheduling: TicksIntakeOptions;
  events: LedgerEvents;
  /** The queues of the known job types. */
  queues: readonly string[];
  /** By which publishers must sign at the doors. */
  publisherKeys?: PublisherKeys;
}

/** How one queue is taken from: messages held at a time, and recorded in one transaction. */
interface Measure {
  prefetch: number;
  most: number;
  mostBytes?: number;
  gatherMs?: number;
  standsBy?: boolean;
}

/**
 * A message of records has up to 500 lines, mostly some dozen. The end of a job is told some thousand jobs behind its
 * submission: the larger the batch, the fewer of them are recorded twice.
 */
const INBOX: Measure = { prefetch: 2_000, most: 1_000, mostBytes: 4 * 1024 * 1024, gatherMs: 400, standsBy: true };
const SINGLE_JOBS: Measure = { prefetch: 1_000, most: 500 };

/** Everything that the ledger takes from the broker: its inbox, dead letters and strays, far delays, submissions. */
export class Intakes {
  /** Its effect `noteQueues` tells it of queues that are new. */
  readonly dead: DeadQueues;
  private readonly intakes: Intake[];

  constructor(options: IntakesOptions) {
    const { broker, names, database, recorder, publisher, ledger, events, queues, scheduling, publisherKeys } = options;
    const park = parkIn(names.parked, publisher, events);
    this.dead = new DeadQueues({ broker, names, database, recorder, park, events, queues });
    const takes = (queue: string, measure: Measure, doing: Pick<IntakeOptions, 'record' | 'onArrival'>): Intake =>
      new Intake({ broker, queue, ...measure, ...doing, park, events });
    this.intakes = [
      takes(names.ledger, INBOX, inboxRecording({ recorder, broker, names, park, publisherKeys })),
      takes(names.later, SINGLE_JOBS, { record: recordLater(database, recorder, names) }),
      takes(names.submit, SINGLE_JOBS, { record: takeSubmissions({ ledger, publisher, park, scheduling }) }),
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
  }
}
