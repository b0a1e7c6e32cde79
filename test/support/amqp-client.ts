import { randomBytes } from 'node:crypto';
import { amqpBroker } from '../../libs/jobs/src/broker/amqp/amqp-broker';
import type { AmqpBrokerOptions } from '../../libs/jobs/src/broker/amqp/options';
import type { Broker, PublishFailure, Publisher } from '../../libs/jobs/src/broker/broker';
import { published } from '../../libs/jobs/src/broker/confirmed';
import type { Delivery } from '../../libs/jobs/src/broker/delivery';
import type { ScutworkEvent } from '../../libs/jobs/src/contracts/job-events';
import type { OutgoingMessage } from '../../libs/jobs/src/contracts/message';
import { namesFor } from '../../libs/jobs/src/topology/names';
import type { QueuePlan, TopologyPlan } from '../../libs/jobs/src/topology/plan';

/** A started RabbitMQ adapter and every event it stated. */
export interface AmqpClient {
  broker: Broker;
  events: ScutworkEvent[];
}

const clients: Broker[] = [];

/** It reconnects quickly. Stop all of a spec with `stopAmqpClients` after each test. */
export async function amqpClient(
  url: string | string[],
  options: Partial<AmqpBrokerOptions> = {},
): Promise<AmqpClient> {
  const events: ScutworkEvent[] = [];
  const broker = amqpBroker({
    urls: [url].flat(),
    names: namesFor('test'),
    reconnectMs: 100,
    events: { emit: (event) => void events.push(event) },
    ...options,
  });
  clients.push(broker);
  await broker.start();
  return { broker, events };
}

export async function stopAmqpClients(): Promise<void> {
  await Promise.all(clients.splice(0).map((broker) => broker.stop({ deadlineMs: 2_000 })));
}

/** A name that no other test uses. */
export const uniqueName = (what: string): string => `${what}-${randomBytes(5).toString('hex')}`;

/** A plan of quorum queues alone. */
export function queuesPlan(...queues: (string | Partial<QueuePlan>)[]): TopologyPlan {
  const plans = queues.map((queue) => (typeof queue === 'string' ? { name: queue } : queue));
  return {
    exchanges: [],
    queues: plans.map((plan) => ({
      ...{ name: '', type: 'quorum' as const, purpose: 'test' },
      ...plan,
      arguments: { 'x-queue-type': 'quorum', ...plan.arguments },
    })),
    bindings: [],
  };
}

/** A mandatory message straight into a queue. */
export function into(queue: string, messageId: string, fields: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { exchange: '', routingKey: queue, body: Buffer.from('{}'), mandatory: true, messageId, ...fields };
}

/** `confirmed`, or the kind of the failure. */
export const publish = async (
  publisher: Publisher,
  message: OutgoingMessage,
): Promise<PublishFailure['kind'] | 'confirmed'> => (await published(publisher, message))?.kind ?? 'confirmed';

export const publishAll = (publisher: Publisher, messages: OutgoingMessage[]) =>
  Promise.all(messages.map((message) => publish(publisher, message)));

/** Ids of all that a queue holds; they are taken out. */
export async function drained(broker: Broker, queue: string): Promise<string[]> {
  const ids: string[] = [];
  for (let next = await broker.pull(queue); next; next = await broker.pull(queue)) {
    ids.push(next.message.messageId ?? '');
    next.ack();
  }
  return ids;
}

export const idOf = ({ message }: Delivery): string => message.messageId ?? '';

/** `count` ids: m1, m2, … */
export const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `m${index + 1}`);
