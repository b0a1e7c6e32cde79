import { type AnyJob, type Broker, type Names, type Publisher, planLedger } from '@scutwork/jobs';
import { catalogOf } from '@scutwork/jobs/wire';
import {
  type Actor,
  type JobView,
  type LedgerError,
  ReadSide,
  Recorder,
  Relay,
  DueRelease,
} from '../../libs/ledger/src';
import { payloadCheck } from '../../libs/ledger/src/control/check-payload';
import { longestAttempts } from '../../libs/ledger/src/control/longest-attempts';
import { JobSteering } from '../../libs/ledger/src/control/steering';
import { Bulk } from '../../libs/ledger/src/duties/bulk';
import { Cancels } from '../../libs/ledger/src/duties/cancels';
import { ControlPublisher } from '../../libs/ledger/src/duties/control-publisher';
import { type Duty, DutyRunner } from '../../libs/ledger/src/duties/duty';
import { Lift } from '../../libs/ledger/src/duties/lift';
import { Probes, type ProbesOptions } from '../../libs/ledger/src/duties/probes';
import { Pulse } from '../../libs/ledger/src/duties/pulse';
import { Shares } from '../../libs/ledger/src/duties/shares';
import { inboxRecording } from '../../libs/ledger/src/intake/inbox';
import { Intake } from '../../libs/ledger/src/intake/intake';
import { parkIn } from '../../libs/ledger/src/intake/park';
import type { LedgerEvents } from '../../libs/ledger/src/ledger-events';
import { countChanges } from '../../libs/ledger/src/record/effects/counts';
import { feedChanges } from '../../libs/ledger/src/record/effects/feed';
import { releaseKeys } from '../../libs/ledger/src/record/effects/keys';
import { followMoves } from '../../libs/ledger/src/record/effects/moves';
import { noteProbes } from '../../libs/ledger/src/record/effects/probes';
import { notePulses } from '../../libs/ledger/src/record/effects/pulse';
import { passRevocations } from '../../libs/ledger/src/record/effects/revocations';
import { noteWorkers } from '../../libs/ledger/src/record/effects/workers';
import { Locks } from '../../libs/ledger/src/store/locks';
import type { TestDatabase } from './database';

export const boss: Actor = { name: 'boss', role: 'operator' };

/** A producer's ledger: what it records, steers and does again and again. Several may share one database. */
export class LedgerWorld implements LedgerEvents {
  readonly noticedThat: string[] = [];
  readonly failures: string[] = [];
  /** Facts that this one has recorded. */
  recorded = 0;
  readonly recorder: Recorder;
  readonly steering: JobSteering;
  readonly reading: ReadSide;
  readonly publisher: Publisher;
  readonly pulse: Pulse;
  private readonly locks: Locks;
  private readonly runners = new Map<string, DutyRunner>();
  private intake: Intake | undefined;

  constructor(
    readonly broker: Broker,
    readonly names: Names,
    readonly db: TestDatabase,
    jobs: readonly AnyJob[] = [],
    private readonly probing: Partial<ProbesOptions> = {},
  ) {
    const { database } = db;
    this.publisher = broker.publisher({ deadlineMs: 3_000 });
    this.locks = new Locks(db.url);
    this.recorder = new Recorder(database, [
      ...[notePulses(), noteWorkers, noteProbes, releaseKeys, countChanges, feedChanges, passRevocations],
      followMoves((...args) => this.recorder.revise(...args)),
      async (_tx, _changes, facts) => void (this.recorded += facts.length),
    ]);
    this.reading = new ReadSide({ database });
    this.pulse = new Pulse({ database, publisher: this.publisher, names, producer: 'p' });
    this.steering = new JobSteering({
      ...{
        database,
        recorder: this.recorder,
        reader: this.reading,
        checkPayload: payloadCheck(catalogOf(jobs), 1_048_576),
        longest: longestAttempts(jobs),
      },
      onChange: () => this.wakeAll(),
    });
  }

  /** Takes what is told, and does its duties: all of them, or those named. */
  async start(only?: readonly string[]): Promise<void> {
    const { broker, names, recorder, publisher } = this;
    await broker.apply(planLedger({ names }));
    const park = parkIn(names.parked, publisher, this);
    const record = inboxRecording({ recorder, broker, names, park }).record;
    this.intake = new Intake({ broker, queue: names.ledger, prefetch: 500, most: 100, record, park, events: this });
    await this.intake.start();
    for (const duty of this.duties()) if (only?.includes(duty.name) ?? true) this.run(duty);
  }

  run(duty: Duty): DutyRunner {
    const runner = new DutyRunner(duty, this.locks, this);
    this.runners.set(duty.name, runner);
    runner.start();
    return runner;
  }

  duties(): Duty[] {
    const { names, broker, recorder, publisher } = this;
    const { database } = this.db;
    const onOutbox = (): void => this.wakeAll();
    return [
      new ControlPublisher({ database, publisher: broker.publisher({ deadlineMs: 3_000 }), names }),
      this.pulse,
      new Cancels({ database, recorder, sound: () => this.pulse.sound() }),
      new Lift(database),
      new Shares({ database, longest: longestAttempts([]), onChange: onOutbox }),
      new Relay({ database, broker, names, events: this }),
      new DueRelease(database, onOutbox),
      new Probes({ ...{ database, recorder, publisher, names, events: this, onOutbox }, ...this.probing }),
      new Bulk({
        ...{ database, recorder, onChange: onOutbox },
        remove: async () => new Map<string, LedgerError | undefined>(),
        checkPayload: async () => Promise.reject(new Error('no payload is edited here')),
      }),
    ];
  }

  job(id: string): Promise<JobView> {
    return this.reading.job(id);
  }

  async stateOf(id: string): Promise<string> {
    return (await this.job(id)).state;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.runners.values()].map((runner) => runner.stop()));
    await this.intake?.stop();
    await this.publisher.close(1_000);
    await this.locks.close();
  }

  failed(what: string, error: unknown): void {
    this.failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
  parked(_queue: string, reason: string): void {
    this.failures.push(reason);
  }
  missed(): void {
    // No schedule ticks here.
  }

  noticed(what: string): void {
    this.noticedThat.push(what);
  }

  private wakeAll(): void {
    for (const runner of this.runners.values()) runner.wake();
  }
}
