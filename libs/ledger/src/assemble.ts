import { randomUUID } from 'node:crypto';
import { type AnyJob, type Broker, type Names, type Publisher, type PublisherKeys } from '@scutwork/jobs';
import { type Announcer, catalogOf } from '@scutwork/jobs/wire';
import { payloadCheck } from './control/check-payload';
import { longestAttempts } from './control/longest-attempts';
import type { LongestAttempt } from './control/sharers';
import { JobSteering } from './control/steering';
import { Bulk } from './duties/bulk';
import { Cancels } from './duties/cancels';
import { ControlPublisher } from './duties/control-publisher';
import { countsDuty } from './duties/counts';
import { DueRelease } from './duties/due';
import { type Duty, DutyRunner } from './duties/duty';
import { ExpiredKeys } from './duties/expired-keys';
import { feedDuty } from './duties/feed';
import { FullQueues } from './duties/full-queues';
import { Lift } from './duties/lift';
import { metricsDuty } from './duties/metrics';
import { Probes } from './duties/probes';
import { Pulse } from './duties/pulse';
import { Relay } from './duties/relay';
import { RetentionDuty } from './duties/retention';
import { OverdueTicks } from './duties/overdue-ticks';
import { Shares } from './duties/shares';
import { StuckLadder } from './duties/stuck-ladder';
import { Intakes } from './intake/intakes';
import type { LedgerEvents } from './ledger-events';
import { ReadSide } from './query/read-side';
import type { Effect } from './record/change';
import { announceChanges, announceStalled } from './record/effects/announce';
import { countChanges } from './record/effects/counts';
import { feedChanges } from './record/effects/feed';
import { applyKeeps } from './record/effects/keeps';
import { releaseKeys } from './record/effects/keys';
import { followMoves } from './record/effects/moves';
import { noteProbes } from './record/effects/probes';
import { notePulses } from './record/effects/pulse';
import { passRevocations } from './record/effects/revocations';
import { noteWorkers } from './record/effects/workers';
import { Recorder } from './record/recorder';
import { secretsOf } from './record/secrets';
import { Removal } from './retention/removal';
import { removeMany } from './retention/remove-many';
import { rulesOfDefinitions } from './retention/asked';
import { type RetentionOptions, resolveRetention } from './retention/rules';
import { Schedules } from './schedules/scheduling';
import { Ticks } from './schedules/ticks';
import type { Database } from './store/database';
import type { Locks } from './store/locks';
import { Admission, type BacklogLimits } from './submit/admission';
import { Submitter } from './submit/submitter';

/** What the parts of a ledger are made of. */
export interface Ground {
  broker: Broker;
  names: Names;
  jobs: readonly AnyJob[];
  database: Database;
  /** Connections of those who ask: however many wait for an answer, what is told and submitted waits for none of them. */
  reads: Database;
  /**
   * Connections of those who steer. Each change waits for its turn among all that change rows, and holds its connection
   * meanwhile: however many ask for one, what is told, submitted and due waits for none of them.
   */
  steers: Database;
  locks: Locks;
  publisher: Publisher;
  events: LedgerEvents;
  maxPayloadBytes: number;
  defaultAttempts: number | undefined;
  retention: RetentionOptions;
  publisherKeys: PublisherKeys | undefined;
  backlog: BacklogLimits;
  announcer: Announcer;
}

export interface Parts {
  reading: ReadSide;
  submitting: Submitter;
  steering: JobSteering;
  removal: Removal;
  schedules: Schedules;
  /** Takes from queues while the broker is there. */
  intakes: Intakes;
  duties: readonly DutyRunner[];
}

/** Every part of a ledger and who knows whom. Nothing runs yet. */
export function assemble(ground: Ground): Parts {
  const { database, steers, jobs, names, broker, publisher, events, maxPayloadBytes } = ground;
  const secrets = secretsOf(jobs);
  const catalog = catalogOf(jobs);
  const { rules = [], ...ages } = ground.retention;
  const retention = { ...ages, rules: [...rules, ...rulesOfDefinitions(jobs)] };
  const keepRules = applyKeeps(resolveRetention(retention).ageMs);
  const effects: Effect[] = [
    ...[notePulses(announceStalled(ground.announcer)), noteWorkers, noteProbes],
    ...[releaseKeys, countChanges, feedChanges, keepRules],
  ];
  const recorder = new Recorder(database, effects, secrets);
  effects.push(
    announceChanges(ground.announcer),
    passRevocations,
    followMoves((...args) => recorder.revise(...args)),
  );

  const runners: DutyRunner[] = [];
  const wake = (...duties: string[]): void => {
    for (const runner of runners) if (duties.includes(runner.duty.name)) runner.wake();
  };
  const onOutbox = (): void => wake('relay');
  const onChange = (): void => wake('relay', 'control', 'bulk', 'shares');
  const checkPayload = payloadCheck(catalog, maxPayloadBytes);
  const making = { catalog, effects, secrets, maxPayloadBytes };
  const ticks = new Ticks({ database, recorder, events, ...making, onOutbox, onChange });
  const longest = longestAttempts(jobs);
  const admission = new Admission(database, ground.backlog);
  const duties = dutiesOf({
    ...{
      ...ground,
      retention,
      recorder,
      ticks,
      onOutbox,
      onChange,
      remove: removeMany,
      checkPayload,
      secrets,
      longest,
      admission,
    },
    onShares: () => wake('control'),
  });
  runners.push(...duties.map((duty) => new DutyRunner(duty, ground.locks, events)));

  const reading = new ReadSide({ database: ground.reads, secrets, defaultAttempts: ground.defaultAttempts });
  const submitting = new Submitter({ database, catalog, effects, maxPayloadBytes, admission, onOutbox });
  const queues = jobs.map(({ queue }) => queue);
  const schedules = new Schedules({ ticks, checkPayload });
  const scheduling = { ticks, schedules };
  const taking = { ledger: submitting, scheduling, queues, publisherKeys: ground.publisherKeys };
  const intakes = new Intakes({ broker, names, database, recorder, publisher, events, ...taking });
  effects.push(intakes.dead.noteQueues);
  return {
    reading,
    submitting,
    steering: new JobSteering({ database: steers, recorder, reader: reading, checkPayload, longest, onChange }),
    removal: new Removal(steers),
    schedules,
    intakes,
    duties: runners,
  };
}

type DutyParts = Ground &
  Pick<ConstructorParameters<typeof Bulk>[0], 'recorder' | 'secrets' | 'remove' | 'checkPayload'> & {
    ticks: Ticks;
    onOutbox: () => void;
    onChange: () => void;
    onShares: () => void;
    longest: LongestAttempt;
    admission: Admission;
  };

function dutiesOf(parts: DutyParts): Duty[] {
  const { database, broker, publisher, names, events, recorder, onOutbox, onChange, secrets } = parts;
  const pulse = new Pulse({ database, publisher, names, producer: randomUUID() });
  return [
    new ControlPublisher({
      database,
      publisher,
      names,
      fullQueues: new FullQueues(parts.admission, broker, names.ledger, parts.backlog.inbox),
    }),
    pulse,
    new Cancels({ database, recorder, sound: () => pulse.sound() }),
    new Lift(database),
    new Shares({ database, longest: parts.longest, onChange: parts.onShares }),
    new Relay({ database, broker, names, events }),
    new DueRelease(database, onOutbox),
    new OverdueTicks(database, parts.ticks),
    new Probes({ database, recorder, publisher, names, events, onOutbox }),
    new Bulk({ database, recorder, secrets, remove: parts.remove, checkPayload: parts.checkPayload, onChange }),
    new StuckLadder({ broker, names, events }),
    countsDuty(database),
    metricsDuty(database),
    feedDuty(database),
    new ExpiredKeys(database),
    new RetentionDuty(database, parts.retention),
  ];
}
