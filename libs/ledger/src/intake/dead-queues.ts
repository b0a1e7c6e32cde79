import { type Broker, BrokerError, type Names } from '@scutwork/jobs';
import { jobTypeFault } from '@scutwork/jobs/wire';
import type { LedgerEvents } from '../ledger-events';
import type { Effect } from '../record/change';
import type { Recorder } from '../record/recorder';
import type { Database } from '../store/database';
import { recordDead } from './dead';
import { Intake } from './intake';
import type { Park } from './park';

export interface DeadQueuesOptions {
  broker: Broker;
  names: Names;
  database: Database;
  recorder: Recorder;
  park: Park;
  events: LedgerEvents;
  /** The queues of the known job types. */
  queues: readonly string[];
}

const PREFETCH = 200;
const MOST = 100;
/** A queue that does not exist is looked for no more often. */
const LOOK_AGAIN_MS = 10_000;
/** Whoever types queues wrong without end must not fill the memory. */
const MOST_ABSENT = 1_000;

/**
 * Keeps the dead queues empty: takes from `jobs.stray` and from the dead queue of every queue that is known, by the
 * catalog, by the history, by heartbeats and by the jobs seen. A queue that is first heard of later is taken from then on.
 */
export class DeadQueues {
  private readonly intakes = new Map<string, Intake>();
  private readonly absentUntil = new Map<string, number>();
  private readonly opening = new Set<Promise<void>>();
  private stopped = false;

  constructor(private readonly options: DeadQueuesOptions) {}

  /** Resolves when it takes from all queues that exist. @throws what PostgreSQL throws */
  async start(): Promise<void> {
    const { names, queues, database } = this.options;
    const known = await database.query<{ queue: string }>(
      'select distinct queue from counts union select distinct unnest(queues) from workers',
    );
    this.open(names.stray);
    for (const queue of [...queues, ...known.map((row) => row.queue)]) this.watch(queue);
    await Promise.all(this.opening);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    // What is opened while the broker is away waits for it, and ends with its connection.
    if (this.options.broker.state.name !== 'connecting') await Promise.all(this.opening);
    await Promise.all([...this.intakes.values()].map((intake) => intake.stop()));
  }

  /** Takes from the dead queue of this queue from now on, if there is one. */
  watch(queue: string): void {
    const name = this.options.names.dead(queue);
    if (jobTypeFault(queue) !== undefined || this.stopped || this.intakes.has(name)) return;
    if ((this.absentUntil.get(name) ?? 0) > Date.now()) return;
    this.open(name);
  }

  /** For the recorder: every queue that is heard of is watched. */
  readonly noteQueues: Effect = async (_tx, changes, facts) => {
    const heard = new Set(changes.map(({ after }) => after.queue));
    for (const fact of facts) if (fact.event === 'worker.seen') for (const queue of fact.queues) heard.add(queue);
    for (const queue of heard) this.watch(queue);
  };

  private open(name: string): void {
    const { broker, names, recorder, park, events } = this.options;
    const record = recordDead(recorder, names);
    const intake = new Intake({ ...{ broker, queue: name, prefetch: PREFETCH, most: MOST }, record, park, events });
    this.intakes.set(name, intake);
    const opened = intake.start().catch((error: unknown) => {
      this.intakes.delete(name);
      if (this.absentUntil.size > MOST_ABSENT) this.absentUntil.clear();
      this.absentUntil.set(name, Date.now() + LOOK_AGAIN_MS);
      if (!(error instanceof BrokerError && error.code === 'no_queue'))
        events.failed(`consuming ${name}`, error, false);
    });
    this.opening.add(opened);
    void opened.then(() => this.opening.delete(opened));
  }
}
