import type { Delivery } from '@scutwork/jobs';
import type { RecordedEvent } from '@scutwork/jobs/wire';
import type { Recorder } from '../record/recorder';
import { readRecords } from './read-records';

/** Records what has come into `jobs.ledger`: batches of lines, and copies of what came through the doors. */
export function recordInbox(recorder: Recorder): (deliveries: readonly Delivery[]) => Promise<void> {
  return async (deliveries) => {
    const facts: RecordedEvent[] = [];
    for (const { message } of deliveries) for (const fact of readRecords(message)) facts.push(fact);
    await recorder.record(facts);
  };
}
