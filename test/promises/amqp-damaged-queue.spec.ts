import type { Delivery } from '../../libs/jobs/src/broker/delivery';
import { amqpClient, idOf, into, publish, queuesPlan, stopAmqpClients, uniqueName } from '../support/amqp-client';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';

afterEach(stopAmqpClients);

test('a queue that ends the connection of whoever consumes it takes no other queue along, and is taken up again when it is well', async () => {
  const [damaged, ...well] = [uniqueName('damaged'), uniqueName('well'), uniqueName('well')];
  const connectionName = uniqueName('client');
  const { broker, events } = await amqpClient(sharedBroker().url, { connectionName });
  const got: string[] = [];
  const subscribe = (queue: string) =>
    broker.subscribe({ queue, prefetch: 10, onDelivery: (delivery) => take(delivery, got) });
  const losses = () => events.filter(({ event }) => event === 'broker.disconnected').length;
  const degraded = () => events.flatMap((stated) => (stated.event === 'broker.degraded' ? [stated.reason] : []));
  const publisher = broker.publisher({ deadlineMs: Infinity });
  await broker.apply(queuesPlan(damaged, ...well));
  await publish(publisher, into(damaged, 'kept'));

  await memberOf(damaged, 'stop');
  const subscriptions = await Promise.all([damaged, ...well].map(subscribe));
  await until('the consumers of the other queues', () => subscriptions.slice(1).every(({ open }) => open));
  expect(degraded()).toEqual([expect.stringContaining(`rabbitmqctl delete_queue ${damaged}`)]);
  expect(subscriptions[0]?.open).toBe(false);

  const before = losses();
  // One of them is the connection of the others; the rest were ended, each by a try to consume the damaged queue.
  const consuming = new Set<string>();
  for (let round = 1; consuming.size < 4; round++) {
    for (const queue of well) await publish(publisher, into(queue, `${round} of ${queue}`));
    await until('what was published to the other queues', () => got.length === round * well.length);
    for (const pid of await connectionsOf(`${connectionName} (consume)`)) consuming.add(pid);
  }
  expect(losses()).toBe(before);

  await memberOf(damaged, 'restart');
  await until('what the damaged queue held', () => got.includes('kept'), 60_000);
  expect(subscriptions.every(({ open }) => open)).toBe(true);
  expect(losses()).toBe(before);
});

test('a damaged queue that its operator deletes is made anew and consumed, without a word to the worker', async () => {
  const damaged = uniqueName('damaged');
  const { broker } = await amqpClient(sharedBroker().url);
  await broker.apply(queuesPlan(damaged));
  await memberOf(damaged, 'stop');
  const got: string[] = [];
  const subscription = await broker.subscribe({
    queue: damaged,
    prefetch: 10,
    onDelivery: (delivery) => take(delivery, got),
  });
  expect(subscription.open).toBe(false);
  await sharedBroker().ctl('delete_queue', damaged);
  await until('the consumer', () => subscription.open, 60_000);
  await publish(broker.publisher(), into(damaged, 'new'));
  await until('what was published to the new one', () => got.includes('new'));
  await subscription.close();
});

test('a damaged queue that is asked for single messages is left alone for a while each time', async () => {
  const damaged = uniqueName('damaged');
  const { broker, events } = await amqpClient(sharedBroker().url);
  await broker.apply(queuesPlan(damaged));
  await publish(broker.publisher(), into(damaged, 'kept'));
  await memberOf(damaged, 'stop');
  await expect(broker.pull(damaged)).resolves.toBeUndefined();
  await until('the connection', () => broker.state.name === 'connected');
  const stated = events.length;
  await expect(broker.pull(damaged)).rejects.toThrow(`rabbitmqctl delete_queue ${damaged}`);
  expect(events).toHaveLength(stated);
  await memberOf(damaged, 'restart');
  const delivery = await until('what it held', () => broker.pull(damaged).catch(stillResting));
  expect(idOf(delivery)).toBe('kept');
  delivery.ack();
});

function take(delivery: Delivery, got: string[]): void {
  got.push(idOf(delivery));
  delivery.ack();
}

/** @throws whatever else it is */
function stillResting(error: unknown): undefined {
  expect(error).toMatchObject({ code: 'broker_unreachable', message: expect.stringContaining('the queue is damaged') });
}

/** Processes of the broker that serve connections of this name. */
async function connectionsOf(name: string): Promise<string[]> {
  const text = await sharedBroker().ctl('list_connections', '--no-table-headers', 'pid', 'client_properties');
  const lines = text.split('\n').filter((line) => line.includes(name));
  return lines.map((line) => line.split('\t')[0] ?? '');
}

/** The member of a quorum queue on this node: without it the queue is "down", as after an unlucky kill of the broker. */
async function memberOf(queue: string, what: 'stop' | 'restart'): Promise<void> {
  const member = `{list_to_atom("%2F_${queue}"), node()}`;
  await sharedBroker().ctl('eval', `ok = ra:${what}_server(quorum_queues, ${member}).`);
}
