import { until } from '../support/until';
import {
  amqpClient,
  drained,
  ids,
  into,
  publishAll,
  queuesPlan,
  stopAmqpClients,
  uniqueName,
} from '../support/amqp-client';
import { PublishWriter } from '../../libs/jobs/src/broker/amqp/publish-writer';
import { sharedBroker } from '../support/private-broker';

describe('publishing to RabbitMQ', () => {
  afterEach(async () => {
    jest.restoreAllMocks();
    await stopAmqpClients();
  });

  test('of two messages with one id exactly the one without a queue comes back', async () => {
    const queue = uniqueName('twins');
    const { broker } = await amqpClient(sharedBroker().url);
    await broker.apply(queuesPlan(queue));
    const kinds = await publishAll(broker.publisher(), [
      into(queue, 'twin'),
      into('nowhere', 'twin'),
      into(queue, 'twin'),
      into('nowhere', 'twin'),
      into('nowhere', 'twin', { mandatory: false }),
    ]);
    expect(kinds).toEqual(['confirmed', 'returned', 'confirmed', 'returned', 'confirmed']);
    await expect(drained(broker, queue)).resolves.toEqual(['twin', 'twin']);
  });

  test('confirms, nacks and returns that arrive mixed are each told to their own message', async () => {
    const [wide, narrow] = [uniqueName('wide'), uniqueName('narrow')];
    const limited = { 'x-max-length': 2, 'x-overflow': 'reject-publish' };
    const { broker } = await amqpClient(sharedBroker().url);
    await broker.apply(queuesPlan(wide, { name: narrow, arguments: limited }));
    const targets = [wide, narrow, 'nowhere'];
    const messages = ids(600).map((id, index) => into(targets[index % 3] ?? '', id));
    const kinds = await publishAll(broker.publisher({ window: 100 }), messages);
    const confirmed = (queue: string) => messages.filter((m, i) => m.routingKey === queue && kinds[i] === 'confirmed');
    expect(new Set(kinds.filter((_, i) => messages[i]?.routingKey === 'nowhere'))).toEqual(new Set(['returned']));
    expect(confirmed(wide)).toHaveLength(200);
    expect(kinds).toContain('nacked');
    for (const queue of [wide, narrow]) {
      await expect(drained(broker, queue)).resolves.toEqual(confirmed(queue).map((m) => m.messageId));
    }
  });

  test('large and small bodies of several publishers share a connection without tearing each other apart', async () => {
    const queue = uniqueName('shared');
    const { broker, events } = await amqpClient(sharedBroker().url);
    await broker.apply(queuesPlan(queue));
    const publishers = [broker.publisher(), broker.publisher(), broker.publisher()];
    const bodies = [10, 5_000, 140_000, 300_000].map((bytes) => Buffer.alloc(bytes, 'x'));
    const messages = ids(60).map((id, index) => ({ ...into(queue, id), body: bodies[index % 4] ?? Buffer.alloc(0) }));
    // In turns, within one turn of the event loop: each leaves something behind that the next must not cut in two.
    const kinds = await Promise.all(
      messages.map((message, index) => publishAll(publishers[index % 3] ?? broker.publisher(), [message])),
    );
    expect(kinds.flat()).toEqual(messages.map(() => 'confirmed'));
    expect(events.filter(({ event }) => event === 'broker.disconnected')).toEqual([]);
    expect((await drained(broker, queue)).sort()).toEqual(messages.map((m) => m.messageId).sort());
  });

  test('a callback that throws costs no other message its answer', async () => {
    const queue = uniqueName('throwing');
    const { broker } = await amqpClient(sharedBroker().url);
    await broker.apply(queuesPlan(queue));
    const publisher = broker.publisher();
    publisher.publish(into(queue, 'm1'), () => {
      throw new Error('a fault of the caller');
    });
    await expect(publishAll(publisher, [into(queue, 'm2')])).resolves.toEqual(['confirmed']);
    expect(publisher.pending).toBe(0);
  });

  test('an exchange that does not exist is refused after it closed the channel twice, and harms nobody any more', async () => {
    const queue = uniqueName('bystander');
    const { broker, events } = await amqpClient(sharedBroker().url);
    await broker.apply(queuesPlan(queue));
    const publisher = broker.publisher();
    const missing = into(queue, 'lost', { exchange: uniqueName('missing') });
    for (const _ of [1, 2]) expect(await publishAll(publisher, [missing])).toEqual(['unknown']);
    await expect(publishAll(publisher, [missing, into(queue, 'm1')])).resolves.toEqual(['returned', 'confirmed']);
    expect(events.filter(({ event }) => event === 'channel.closed')).toHaveLength(2);
  });

  test('large bodies go out in several frames, whole', async () => {
    const queue = uniqueName('large');
    const { broker } = await amqpClient(sharedBroker().url);
    await broker.apply(queuesPlan(queue));
    const sizes = [0, 1, 2_000, 2_100, 131_064, 131_065, 1_000_000];
    const bodies = sizes.map((size) => Buffer.from(Array.from({ length: size }, (_, i) => i % 251)));
    const kinds = await publishAll(
      broker.publisher(),
      bodies.map((body, index) => into(queue, `m${index}`, { body })),
    );
    expect(new Set(kinds)).toEqual(new Set(['confirmed']));
    for (const body of bodies) {
      const delivery = await broker.pull(queue);
      expect(delivery?.message.body.equals(body)).toBe(true);
      delivery?.ack();
    }
  });

  test('all properties arrive as they were sent', async () => {
    const queue = uniqueName('properties');
    const { broker } = await amqpClient(sharedBroker().url);
    await broker.apply(queuesPlan(queue));
    const properties = {
      ...{ type: 'email.welcome', correlationId: 'ü-42', appId: 'tests', timestamp: 1_700_000_000 },
      headers: { text: 'wört', small: 7, large: 2 ** 40, negative: -3, fraction: 0.5, yes: true, no: false, empty: '' },
    };
    const bare = { exchange: '', routingKey: queue, body: Buffer.from('{}'), mandatory: true };
    await publishAll(broker.publisher(), [into(queue, 'm1', properties), bare]);
    const [first, second] = [await broker.pull(queue), await broker.pull(queue)];
    expect(first?.message).toMatchObject({ messageId: 'm1', redelivered: false, deliveryCount: 0, ...properties });
    const { messageId, type, correlationId, appId, timestamp } = second?.message ?? {};
    expect([messageId, type, correlationId, appId, timestamp]).toEqual(Array(5).fill(undefined));
  });

  test('a flood is bounded by the buffer, and whoever waits for room gets everything through', async () => {
    const queue = uniqueName('flood');
    const { broker } = await amqpClient(sharedBroker().url);
    await broker.apply(queuesPlan(queue));
    const publisher = broker.publisher({ window: 50, bufferMessages: 100 });
    let confirmed = 0;
    let most = 0;
    for (const id of ids(3_000)) {
      await publisher.whenRoom();
      publisher.publish(into(queue, id), (failure) => (confirmed += failure ? 0 : 1));
      most = Math.max(most, publisher.pending);
    }
    await until('all confirms', () => publisher.pending === 0);
    expect([confirmed, most]).toEqual([3_000, 150]);
  });

  test('an amqplib that is built otherwise than expected is used as it is, and that is told', async () => {
    jest.spyOn(PublishWriter, 'on').mockReturnValue(undefined);
    const queue = uniqueName('plain');
    const { broker, events } = await amqpClient(sharedBroker().url);
    await broker.apply(queuesPlan(queue));
    const messages = ids(500).map((id, index) => into(index % 5 === 0 ? 'nowhere' : queue, id));
    const large = into(queue, 'large', { headers: { text: 'x'.repeat(70_000) } });
    const kinds = await publishAll(broker.publisher({ window: 50 }), [...messages, large]);
    expect(kinds).toEqual([...messages.map((_, index) => (index % 5 === 0 ? 'returned' : 'confirmed')), 'unsendable']);
    await expect(drained(broker, queue)).resolves.toHaveLength(400);
    expect(events.map(({ event }) => event)).toContain('broker.degraded');
  });
});
