import { type Broker, DeliveryError, type Names } from '@scutwork/jobs';

export interface DeadQueue {
  queue: string;
  /** Dead letters that lie there. */
  dead: number;
  /** A ledger takes them: what it has taken is found over its API. */
  taken: boolean;
}

/** @throws DeliveryError `no_queue` naming one that there is not */
export async function listDead(broker: Broker, names: Names, queues: readonly string[]): Promise<DeadQueue[]> {
  const found: DeadQueue[] = [];
  for (const queue of queues) {
    const depth = await broker.depth(names.dead(queue));
    if (!depth) throw noQueue(names.dead(queue));
    found.push({ queue, dead: depth.messages, taken: depth.consumers > 0 });
  }
  return found;
}

function noQueue(name: string): DeliveryError {
  return new DeliveryError('no_queue', `there is no queue ${name}`, {
    field: 'queue',
    hint: 'Check the name and SCUTWORK_PREFIX; it exists where a worker or a client has declared its queue.',
  });
}
