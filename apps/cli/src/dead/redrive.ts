import { type Broker, DeliveryError, type Names, type Redriven, redriveDead } from '@scutwork/jobs';
import { listDead } from './list';

export interface RedriveRequest {
  queue: string;
  type?: string;
  limit?: number;
  signal: AbortSignal;
}

/** @throws DeliveryError `no_queue` when there is no such queue, or when a ledger takes its dead letters */
export async function redrive(broker: Broker, names: Names, { queue, ...what }: RedriveRequest): Promise<Redriven> {
  const [found] = await listDead(broker, names, [queue]);
  if (found?.taken) throw takenByLedger(queue);
  return redriveDead(broker, names, queue, what);
}

function takenByLedger(queue: string): DeliveryError {
  return new DeliveryError('no_queue', `a ledger takes the dead letters of ${queue}: there are none to redrive here`, {
    field: 'queue',
    hint: `Ask its producer: POST /api/v1/dead-letters/redrive with {"filter": {"queue": "${queue}"}}.`,
  });
}
