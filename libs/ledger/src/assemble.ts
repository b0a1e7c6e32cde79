import { type AnyJob, type Broker, type Names, type Publisher, queueOf } from '@scutwork/jobs';
import { type Duty, DutyRunner } from './duties/duty';
import { DeadQueues } from './intake/dead-queues';
import { recordInbox } from './intake/inbox';
import { Intake } from './intake/intake';
import { parkIn } from './intake/park';
import type { LedgerEvents } from './ledger-events';
import type { Effect } from './record/change';
import { countChanges } from './record/effects/counts';
import { feedChanges } from './record/effects/feed';
import { releaseKeys } from './record/effects/keys';
import { noteWorkers } from './record/effects/workers';
import { Recorder } from './record/recorder';
import type { Secrets } from './record/secrets';
import type { Database } from './store/database';
import type { Locks } from './store/locks';

/** What the parts of a ledger are made of. */
export interface Ground {
  broker: Broker;
  names: Names;
  jobs: readonly AnyJob[];
  secrets: Secrets;
  database: Database;
  locks: Locks;
  publisher: Publisher;
  events: LedgerEvents;
}

/** Takes from queues while the broker is there. */
interface Taker {
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface Parts {
  recorder: Recorder;
  takers: readonly Taker[];
  duties: readonly DutyRunner[];
}

/** Messages of records held at a time, and recorded in one transaction. One has up to 500 lines, mostly some dozen. */
const INBOX = { prefetch: 500, most: 200, gatherMs: 400 };

/** Every part of a ledger and who knows whom. Nothing runs yet. */
export function assemble(ground: Ground): Parts {
  const { broker, names, jobs, secrets, database, locks, publisher, events } = ground;
  const park = parkIn(names.parked, publisher, events);
  const effects: Effect[] = [countChanges, feedChanges, releaseKeys, noteWorkers];
  const recorder = new Recorder(database, effects, secrets);
  const queues = jobs.map(({ type }) => queueOf(type));
  const dead = new DeadQueues({ broker, names, database, recorder, park, events, queues });
  effects.push(dead.noteQueues);
  const record = recordInbox({ recorder, broker, names, park });
  const inbox = new Intake({ broker, queue: names.ledger, ...INBOX, record, park, events });
  const duties: Duty[] = [];
  return { recorder, takers: [inbox, dead], duties: duties.map((duty) => new DutyRunner(duty, locks, events)) };
}
