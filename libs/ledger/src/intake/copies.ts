import type { Broker, Delivery, Names, PublisherKeys } from '@scutwork/jobs';
import { type JobEvent, queueOf, vouched } from '@scutwork/jobs/wire';
import { deadOf } from './dead-fact';
import { publishedAt, readJob, submittedBy } from './read-job';

/**
 * What copies of the messages tell that came through the doors. One without an id is ignored: the worker adopts it and
 * tells it under its new id. So is one that no publisher vouches for: the worker tells that it is dead. One that no work queue takes is dead: that the ledger has a copy of it keeps the broker
 * from calling it a stray.
 * @throws BrokerError while the broker cannot be asked
 */
export async function factsOfCopies(
  copies: readonly Delivery[],
  { broker, names, publisherKeys }: { broker: Broker; names: Names; publisherKeys?: PublisherKeys },
): Promise<JobEvent[]> {
  const facts: JobEvent[] = [];
  const known = new Map<string, boolean>();
  const now = Date.now();
  for (const { message: copy } of copies) {
    const { message, fault } = vouched(copy, names, publisherKeys);
    const job = readJob(message, names);
    // The broker has matched the routing key, not the type.
    const workQueue = names.work(queueOf(message.routingKey), job.priority);
    const taken = known.get(workQueue) ?? (await broker.depth(workQueue)) !== undefined;
    known.set(workQueue, taken);
    if ((job.nameless || fault !== undefined) && taken) continue;
    const submitted = submittedBy(job, message, publishedAt(job, message, now));
    facts.push(submitted);
    if (!taken)
      facts.push(deadOf(job, message, { reason: fault === undefined ? 'no_queue' : 'signature_invalid', at: now }));
  }
  return facts;
}
