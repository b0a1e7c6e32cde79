import type { Delivery } from '../../libs/jobs/src/broker/delivery';
import { memoryBroker } from '../../libs/jobs/src/broker/memory/memory-broker';
import { queueOf } from '../../libs/jobs/src/contracts/job-type';
import type { IncomingMessage } from '../../libs/jobs/src/contracts/message';
import { fakeClock } from '../../libs/jobs/src/testing/fake-clock';
import { Handlers } from '../../libs/jobs/src/worker/handlers';
import { read } from '../../libs/jobs/src/worker/read';
import type { Place, Run } from '../../libs/jobs/src/worker/run';
import {
  type WorkerOptions,
  type WorkerSettings,
  resolveWorkerOptions,
} from '../../libs/jobs/src/worker/worker-options';

/** A UUIDv7, so that it stands for itself. */
export const ID = '019ab3c4-d5e6-7abc-8def-0123456789ab';

/** Settings of a worker that knows `email.welcome`, on a clock that stands still. */
export function settingsWith(changes: Partial<WorkerOptions> = {}): WorkerSettings {
  const handlers = new Handlers();
  handlers.register('email.welcome', () => undefined);
  const clock = fakeClock();
  return resolveWorkerOptions({ broker: memoryBroker({ clock }), handlers, clock, name: 'w1', ...changes });
}

export interface Arrival extends Partial<Omit<IncomingMessage, 'body'>> {
  body?: string;
  place?: Partial<Place>;
  /** Whether the channel of the delivery is open. Default true. */
  alive?: boolean;
}

/** A delivery whose settling is written down. */
function delivery(message: IncomingMessage, alive = true): Delivery & { settled: string[] } {
  const settled: string[] = [];
  const note = (how: string) => () => void settled.push(how);
  return { message, alive, settled, ack: note('ack'), requeue: note('requeue'), reject: note('reject') };
}

const usual = settingsWith();

/** What a worker makes of a message that arrives: by default an `email.welcome` of normal priority, with an id. */
export function arrived(arrival: Arrival = {}, settings: WorkerSettings = usual): Run {
  const { body = '{}', place, alive, ...rest } = arrival;
  const routingKey = rest.routingKey ?? rest.type ?? 'email.welcome';
  const message: IncomingMessage = {
    ...{ queue: 'jobs.email.normal', exchange: 'jobs.normal', headers: {}, redelivered: false, deliveryCount: 0 },
    messageId: 'messageId' in rest ? rest.messageId : ID,
    ...rest,
    routingKey,
    body: Buffer.from(body),
  };
  const at: Place = { queue: queueOf(routingKey), priority: 'normal', suspect: false, ...place };
  return read(delivery(message, alive), at, settings);
}
