import type { DeadReason, Delivery, IncomingMessage, Names } from '@scutwork/jobs';
import { type JobEvent, PROBE_MESSAGE_TYPE } from '@scutwork/jobs/wire';
import type { Recorder } from '../record/recorder';
import { deadOf, saidReason } from './dead-fact';
import { readJob, submittedBy } from './read-job';

/** Records dead letters, of a queue or strays: each becomes a dead job, whoever gave it up. */
export function recordDead(recorder: Recorder, names: Names): (deliveries: readonly Delivery[]) => Promise<void> {
  return (deliveries) => recorder.record(deliveries.flatMap(({ message }) => factsOfDead(message, names, Date.now())));
}

/** What a dead letter tells. That it was submitted too: nobody may have told it before. */
export function factsOfDead(message: IncomingMessage, names: Names, now: number): JobEvent[] {
  // A marker of the ledger's own in a queue that is gone: it says that nobody reads it, as does its silence.
  if (message.type === PROBE_MESSAGE_TYPE) return [];
  const job = readJob(message, names);
  const dead = deadOf(job, message, { reason: reasonOf(message, job.death?.reason, names), at: now });
  // Not before it died: a submission that somebody has told, or will tell, knows more and is earlier.
  return [{ ...submittedBy(job, message, dead.at), delayMs: 0 }, dead];
}

function reasonOf(message: IncomingMessage, brokers: string | undefined, names: Names): DeadReason {
  const said = saidReason(message);
  if (said) return said;
  if (message.queue === names.stray) return 'no_queue';
  return brokers === 'delivery_limit' ? 'poison' : 'rejected';
}
