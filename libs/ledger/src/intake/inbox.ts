import type { Broker, Delivery, Names, PublisherKeys } from '@scutwork/jobs';
import { type RecordedEvent, reasonOf } from '@scutwork/jobs/wire';
import type { PreparedFacts } from '../record/prepare-facts';
import type { Recorder } from '../record/recorder';
import { isDatabaseAway } from '../store/database';
import { beforeTheirEnds } from './before-their-ends';
import { factsOfCopies } from './copies';
import type { IntakeOptions } from './intake';
import type { Park } from './park';
import { type BadLine, readRecords } from './read-records';

export interface InboxOptions {
  recorder: Recorder;
  broker: Broker;
  names: Names;
  park: Park;
  /** By which publishers must sign at the doors. */
  publisherKeys?: PublisherKeys;
}

type Told = ReturnType<typeof readRecords>;

/** What a batch of so many messages tells. */
interface Batch {
  size: number;
  prepared: PreparedFacts;
  bad: BadLine[];
}

/**
 * Records what has come into `jobs.ledger`: batches of lines, and copies of what came through the doors. A line that
 * cannot be recorded is parked alone; the others of its batch are recorded. Lines are read as they arrive and made into
 * rows while the batch before them is being written.
 */
export function inboxRecording(
  options: InboxOptions,
): Required<Pick<IntakeOptions, 'record' | 'onArrival' | 'holdBack' | 'prepare'>> {
  const { recorder, names } = options;
  const read = new WeakMap<Delivery, Told>();
  const ready = new WeakMap<Delivery, Batch>();
  const isCopy = ({ message }: Delivery): boolean => message.exchange !== names.records;
  const tell = async (deliveries: readonly Delivery[]): Promise<Batch> => {
    const facts: RecordedEvent[] = [];
    const bad: BadLine[] = [];
    for (const delivery of deliveries) {
      if (isCopy(delivery)) continue;
      const told = read.get(delivery) ?? readRecords(delivery.message);
      for (const fact of told.facts) facts.push(fact);
      for (const line of told.bad) bad.push(line);
    }
    for (const fact of await factsOfCopies(deliveries.filter(isCopy), options)) facts.push(fact);
    return { size: deliveries.length, prepared: await recorder.prepare(facts), bad };
  };
  return {
    onArrival: (delivery) => {
      if (!isCopy(delivery)) read.set(delivery, readRecords(delivery.message));
    },
    holdBack: (batch) => beforeTheirEnds(batch, (delivery) => read.get(delivery)?.facts ?? []),
    prepare: async (deliveries) => {
      const [first] = deliveries;
      // What is wrong with a batch is met again, and dealt with, when it is recorded.
      const batch = await tell([...deliveries]).catch(() => undefined);
      if (first && batch) ready.set(first, batch);
    },
    record: async (deliveries) => {
      const [first] = deliveries;
      const made = first && ready.get(first);
      // Of one that is recorded by halves each half is another batch.
      const { prepared, bad } = made?.size === deliveries.length ? made : await tell(deliveries);
      if (deliveries.length === 1) await recordApart(prepared.facts, recorder, bad);
      else await recorder.recordPrepared(prepared);
      for (const { line, reason } of bad) {
        await options.park({ body: Buffer.from(line), type: 'record.v1', from: names.ledger, reason });
      }
    },
  };
}

/** Of a message that stands alone what PostgreSQL refuses is looked for by halves, as messages are. */
async function recordApart(facts: readonly RecordedEvent[], recorder: Recorder, bad: BadLine[]): Promise<void> {
  try {
    await recorder.record(facts);
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    if (facts.length === 1) {
      bad.push({ line: JSON.stringify(facts[0]), reason: reasonOf(error) });
      return;
    }
    const half = Math.ceil(facts.length / 2);
    await recordApart(facts.slice(0, half), recorder, bad);
    await recordApart(facts.slice(half), recorder, bad);
  }
}
