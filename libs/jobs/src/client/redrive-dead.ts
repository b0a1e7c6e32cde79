import type { Broker, Publisher } from '../broker/broker';
import { published } from '../broker/confirmed';
import type { Delivery } from '../broker/delivery';
import { decodeHeaders, encodeHeaders } from '../contracts/envelope';
import { DeliveryError } from '../contracts/errors';
import { HEADER } from '../contracts/headers';
import { isPriority, jobTypeFault, queueOf } from '../contracts/job-type';
import type { OutgoingMessage } from '../contracts/message';
import { foreignHeaders } from '../topology/foreign-headers';
import type { Names } from '../topology/names';
import { routeJob } from '../topology/route';

export interface RedriveOptions {
  /** Most that are redriven. Default: as many as the queue holds now. */
  limit?: number;
  /** Only jobs of this type. */
  type?: string;
  /** Ends it in order: what was taken and not published goes back. */
  signal?: AbortSignal;
}

export interface Redriven {
  /** Messages that are in their work queues again. */
  redriven: number;
  /** Messages that could not be published; they are still in the dead queue. */
  left: number;
  /** Messages of other types than the one asked for; they are still in the dead queue too. */
  passed: number;
}

/**
 * Publishes the dead letters of a queue again, from their first attempt. For where no ledger is: a ledger takes dead
 * letters into its history, and redrives from there.
 *
 * @throws DeliveryError `no_queue` when there is no such dead queue
 * @example const { redriven } = await redriveDead(broker, namesFor(), 'email', { limit: 100 });
 */
export async function redriveDead(
  broker: Broker,
  names: Names,
  queue: string,
  { limit = Infinity, type, signal }: RedriveOptions = {},
): Promise<Redriven> {
  const depth = await broker.depth(names.dead(queue));
  if (!depth) {
    throw new DeliveryError('no_queue', `There is no queue ${names.dead(queue)}`, {
      hint: 'Check the name and the prefix; the dead queue exists where a worker or a client has declared its queue.',
    });
  }
  const publisher = broker.publisher();
  const kept: Delivery[] = [];
  const passed: Delivery[] = [];
  let redriven = 0;
  // No more than there were: what dies again meanwhile would go round for ever.
  for (let i = 0; i < depth.messages && redriven + kept.length < limit && !signal?.aborted; i++) {
    const delivery = await broker.pull(names.dead(queue));
    if (!delivery) break;
    if (type !== undefined && delivery.message.type !== type) passed.push(delivery);
    else if (await isPublished(publisher, redrivenMessage(delivery, names, queue))) {
      delivery.ack();
      redriven++;
    } else kept.push(delivery);
  }
  // Only now: given back at once it would be the next one.
  for (const delivery of [...passed, ...kept]) delivery.requeue();
  await publisher.close(5_000);
  return { redriven, left: kept.length, passed: passed.length };
}

function redrivenMessage({ message }: Delivery, names: Names, queue: string): OutgoingMessage | undefined {
  const { type, body, messageId, correlationId, appId, timestamp } = message;
  const headers = decodeHeaders(message);
  if (type === undefined || jobTypeFault(type) !== undefined || queueOf(type) !== queue || 'field' in headers)
    return undefined;
  const said = message.headers[HEADER.priority];
  const { exchange, routingKey } = routeJob(names, type, isPriority(said) ? said : 'normal', {
    delayMs: 0,
    exact: true,
  });
  const again = { ...headers, attempt: 1, generation: headers.generation + 1, delayMs: 0, deferredMs: 0 };
  return {
    ...{ exchange, routingKey, mandatory: true, contentType: 'application/json' },
    ...{ body, messageId, type, correlationId, appId, timestamp },
    headers: { ...foreignHeaders(message.headers), ...encodeHeaders(again) },
  };
}

async function isPublished(publisher: Publisher, message: OutgoingMessage | undefined): Promise<boolean> {
  return message !== undefined && (await published(publisher, message)) === undefined;
}
