import type { Broker, Names, OutgoingMessage, Publisher } from '@scutwork/jobs';
import { planLedger } from '@scutwork/jobs';
import { confirmed, recordMessage } from '@scutwork/jobs/wire';
import type { Database } from '../../libs/ledger/src';
import { Recorder } from '../../libs/ledger/src';
import { ControlPublisher } from '../../libs/ledger/src/duties/control-publisher';
import { DeadQueues } from '../../libs/ledger/src/intake/dead-queues';
import { inboxRecording } from '../../libs/ledger/src/intake/inbox';
import { Intake } from '../../libs/ledger/src/intake/intake';
import { type Park, parkIn } from '../../libs/ledger/src/intake/park';
import type { LedgerEvents } from '../../libs/ledger/src/ledger-events';
import { countChanges } from '../../libs/ledger/src/record/effects/counts';
import { noteWorkers } from '../../libs/ledger/src/record/effects/workers';

/** What a ledger had to say of itself. */
export class LedgerWitness implements LedgerEvents {
  readonly failures: string[] = [];
  readonly parkedFor: string[] = [];

  failed(what: string, error: unknown): void {
    this.failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
  parked(_queue: string, reason: string): void {
    this.parkedFor.push(reason);
  }
  missed(): void {
    // No schedule ticks here.
  }

  noticed(): void {
    // Nothing that these specs ask for.
  }
}

/** The intakes of a ledger on one broker and one database, without its duties. */
export class LedgerIntakes {
  readonly witness = new LedgerWitness();
  readonly recorder: Recorder;
  readonly dead: DeadQueues;
  readonly park: Park;
  readonly publisher: Publisher;
  private readonly intakes: Intake[] = [];

  constructor(
    readonly broker: Broker,
    readonly names: Names,
    private readonly database: Database,
    queues: readonly string[] = [],
  ) {
    this.publisher = broker.publisher();
    this.park = parkIn(names.parked, this.publisher, this.witness);
    this.recorder = new Recorder(database, [
      countChanges,
      noteWorkers,
      (tx, changes, facts) => this.dead.noteQueues(tx, changes, facts),
    ]);
    const { recorder, park, witness: events } = this;
    this.dead = new DeadQueues({ broker, names, database, recorder, park, events, queues });
  }

  async start(): Promise<void> {
    const { broker, names } = this;
    await broker.apply(planLedger({ names }));
    await this.tellControl();
    await this.takeFrom(names.ledger, inboxRecording(this).record);
    await this.dead.start();
  }

  /** A ledger leaves its control stream empty for a moment only. A worker that finds it so has to wait whether more comes. */
  private async tellControl(): Promise<void> {
    const { database, publisher, names } = this;
    await new ControlPublisher({ database, publisher, names }).run(new AbortController().signal);
  }

  async takeFrom(queue: string, record: ConstructorParameters<typeof Intake>[0]['record']): Promise<void> {
    const { broker, park, witness: events } = this;
    const intake = new Intake({ broker, queue, prefetch: 500, most: 100, record, park, events });
    await intake.start();
    this.intakes.push(intake);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.intakes.splice(0).map((intake) => intake.stop()), this.dead.stop()]);
    await this.publisher.close(1_000);
  }
}

/** Resolves when the broker has it. */
export function send(publisher: Publisher, message: OutgoingMessage): Promise<void> {
  return confirmed(publisher, message, 'what was sent');
}

/** Lines as a worker sends them; whatever is no text is written as JSON. */
export async function tell(publisher: Publisher, names: Names, lines: readonly unknown[]): Promise<void> {
  const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  await send(publisher, recordMessage(names, texts));
}
