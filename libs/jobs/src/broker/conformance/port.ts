import { BrokerError, ScutworkError } from '../../contracts/errors';
import type { OutgoingMessage } from '../../contracts/message';
import type { Names } from '../../topology/names';
import { type BindingPlan, type QueuePlan, type TopologyPlan, planTopology } from '../../topology/plan';
import { LADDER_BITS } from '../../topology/ladder';
import type { Broker, PublishFailure, Publisher, SubscribeOptions, Subscription } from '../broker';
import { published } from '../confirmed';
import type { Delivery } from '../delivery';
import { type BrokerTestWorld, until } from './world';

/** The real plan for these queues with only the lowest levels of the ladder: many tests, few queues. */
export function smallPlan(names: Names, queues: readonly string[], levels = 0): TopologyPlan {
  const left = new Set(Array.from({ length: LADDER_BITS - levels }, (_, i) => names.delay(LADDER_BITS - 1 - i)));
  const plan = planTopology({ names, queues });
  return {
    exchanges: plan.exchanges.filter((exchange) => !left.has(exchange.name)),
    queues: plan.queues.filter((queue) => !left.has(queue.name)),
    bindings: plan.bindings.filter((binding) => !left.has(binding.from) && !left.has(binding.to)),
  };
}

export function quorumQueue(name: string, more: Record<string, string | number> = {}): QueuePlan {
  return { name, type: 'quorum', arguments: { 'x-queue-type': 'quorum', ...more }, purpose: 'test' };
}

export const toQueue = (from: string, to: string, key: string): BindingPlan => ({ from, to, toKind: 'queue', key });
export const toExchange = (from: string, to: string, key: string): BindingPlan => ({
  from,
  to,
  toKind: 'exchange',
  key,
});

/** A client with the plan for `email` applied: most promises need no more. */
export async function emailBroker(world: BrokerTestWorld): Promise<Broker> {
  const broker = await world.connect();
  await broker.apply(smallPlan(world.names, ['email']));
  return broker;
}

export const emailQueue = (world: BrokerTestWorld): string => world.names.work('email', 'normal');

/** A mandatory message with an id; where it goes is up to the test. */
export function outgoing(
  fields: Pick<OutgoingMessage, 'exchange' | 'routingKey'> & Partial<OutgoingMessage>,
): OutgoingMessage {
  return { body: Buffer.from('{}'), mandatory: true, ...fields };
}

/** To the work queue of `email` at priority normal. */
export function toEmail(world: BrokerTestWorld, id: string, fields: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return outgoing({ exchange: world.names.priority('normal'), routingKey: 'email.welcome', messageId: id, ...fields });
}

export const publish = published;

/** Publishes all in one turn; the outcomes in the order of the messages. */
export const publishAll = (
  publisher: Publisher,
  messages: readonly OutgoingMessage[],
): Promise<(PublishFailure | undefined)[]> => Promise.all(messages.map((message) => publish(publisher, message)));

/** Publishes and waits until all are confirmed. */
export async function store(broker: Broker, messages: readonly OutgoingMessage[]): Promise<void> {
  const publisher = broker.publisher();
  const failures = (await publishAll(publisher, messages)).filter((failure) => failure !== undefined);
  await publisher.close(1_000);
  if (failures.length > 0)
    throw new Error(`${failures.length} messages were not stored: ${JSON.stringify(failures[0])}`);
}

/** `count` ids: m1, m2, … */
export const idsTo = (count: number): string[] => Array.from({ length: count }, (_, i) => `m${i + 1}`);

export interface Inbox {
  readonly subscription: Subscription;
  /** Everything that ever came, in order. */
  readonly deliveries: Delivery[];
  /** Reasons of its losses. */
  readonly losses: string[];
}

export async function openInbox(
  broker: Broker,
  queue: string,
  options: Partial<SubscribeOptions> = {},
): Promise<Inbox> {
  const deliveries: Delivery[] = [];
  const losses: string[] = [];
  const subscription = await broker.subscribe({
    queue,
    prefetch: 100,
    onDelivery: (delivery) => deliveries.push(delivery),
    onLost: (reason) => losses.push(reason),
    ...options,
  });
  return { subscription, deliveries, losses };
}

export const idsOf = (deliveries: readonly Delivery[]): (string | undefined)[] =>
  deliveries.map((d) => d.message.messageId);

/** Waits for the next deliveries of an inbox: those from `from` on, `count` of them. */
export async function arrivals(world: BrokerTestWorld, inbox: Inbox, count: number, from = 0): Promise<Delivery[]> {
  const { deliveries } = inbox;
  await until(world, `${from + count} deliveries; ${deliveries.length} came`, () => deliveries.length >= from + count);
  return deliveries.slice(from, from + count);
}

export async function arrival(world: BrokerTestWorld, inbox: Inbox, index = 0): Promise<Delivery> {
  const [delivery] = await arrivals(world, inbox, 1, index);
  if (!delivery) throw new Error('no delivery');
  return delivery;
}

/** Undefined also while there is no connection to ask on: for conditions that are waited for. */
export async function readyIn(broker: Broker, queue: string): Promise<number | undefined> {
  try {
    return (await broker.depth(queue))?.messages;
  } catch (error) {
    if (error instanceof BrokerError && error.code === 'broker_unreachable') return undefined;
    throw error;
  }
}

/** Waits until so many messages are ready in a queue. */
export async function depthIs(world: BrokerTestWorld, broker: Broker, queue: string, messages: number): Promise<void> {
  await until(world, `${messages} ready messages in ${queue}`, async () => (await readyIn(broker, queue)) === messages);
}

/** Takes all that a queue holds; waits until it is `count`. */
export async function takeAll(
  world: BrokerTestWorld,
  broker: Broker,
  queue: string,
  count: number,
): Promise<Delivery[]> {
  await depthIs(world, broker, queue, count);
  return takeWhatThereIs(broker, queue);
}

/** Takes what a queue holds, however much that is: for outcomes that are not known. */
export async function takeWhatThereIs(broker: Broker, queue: string): Promise<Delivery[]> {
  const taken: Delivery[] = [];
  for (let delivery = await broker.pull(queue); delivery; delivery = await broker.pull(queue)) {
    taken.push(delivery);
    delivery.ack();
  }
  return taken;
}

/** The error that an operation is refused with. */
export async function refusalOf(operation: Promise<unknown>): Promise<ScutworkError> {
  const error: unknown = await operation.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ScutworkError) return error;
  throw new Error(`It was not refused by an error of this library: ${String(error)}`);
}
