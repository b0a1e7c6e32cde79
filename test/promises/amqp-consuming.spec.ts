import type { PrivateRabbitMq } from '../../libs/local/src';
import type { Delivery } from '../../libs/jobs/src/broker/delivery';
import {
  amqpClient,
  idOf,
  ids,
  into,
  publishAll,
  queuesPlan,
  stopAmqpClients,
  uniqueName,
} from '../support/amqp-client';
import { onChannel } from '../support/on-channel';
import { sharedBroker, startOwnBroker } from '../support/private-broker';
import { onQueue } from '../support/queue-internals';
import { gateTo } from '../support/tcp-gate';
import { until } from '../support/until';

const CHANNEL_CLOSE_OK = { classId: 20, methodId: 41 };

describe('consuming from RabbitMQ', () => {
  afterEach(stopAmqpClients);

  test('deliveries settled in any order and any way are each settled as asked, and the channel stays open', async () => {
    const [queue, dead] = [uniqueName('settled'), uniqueName('dead')];
    const deadTo = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': dead };
    const { broker, events } = await amqpClient(sharedBroker().url);
    await broker.apply(queuesPlan({ name: queue, arguments: deadTo }, dead));
    const wanted = { acked: new Set<string>(), rejected: new Set<string>() };
    const requeued = new Set<string>();
    const settle = (delivery: Delivery): void => {
      const id = idOf(delivery);
      const lot = (Number(id.slice(1)) * 7_919) % 10;
      if (lot < 2 && !requeued.has(id)) {
        requeued.add(id);
        delivery.requeue();
      } else if (lot < 4) {
        wanted.rejected.add(id);
        delivery.reject();
      } else {
        wanted.acked.add(id);
        delivery.ack();
      }
    };
    const late: Delivery[] = [];
    const lost: string[] = [];
    await broker.subscribe({
      queue,
      prefetch: 50,
      onLost: (reason) => void lost.push(reason),
      onDelivery: (delivery) => {
        const lot = (Number(idOf(delivery).slice(1)) * 31) % 7;
        if (lot === 0) settle(delivery);
        else if (lot < 3) late.push(delivery);
        else if (lot < 5) setImmediate(settle, delivery);
        else queueMicrotask(() => settle(delivery));
        if (late.length > 20) late.splice(5, 1).forEach(settle);
        if (late.length > 20) late.splice(-1, 1).forEach(settle);
      },
    });
    await publishAll(
      broker.publisher({ window: 100 }),
      ids(2_000).map((id) => into(queue, id)),
    );
    await until('all to be settled', () => {
      late.splice(0).reverse().forEach(settle);
      return wanted.acked.size + wanted.rejected.size === 2_000;
    });
    await until('an empty queue', async () => (await broker.depth(queue))?.messages === 0);
    await until('the dead letters', async () => (await broker.depth(dead))?.messages === wanted.rejected.size);
    expect([lost, events.filter(({ event }) => event === 'channel.closed')]).toEqual([[], []]);
    await broker.stop();
    const { broker: after } = await amqpClient(sharedBroker().url);
    await after.apply(queuesPlan());
    expect(await after.depth(queue)).toEqual({ messages: 0, consumers: 0 });
  });

  test('a consumer whose queue is deleted is brought back on another channel when RabbitMQ does not close its own', async () => {
    const [queue, received] = [uniqueName('deleted'), [] as string[]];
    const { gate, url } = await gateTo(sharedBroker().url);
    let isDeaf = false;
    gate.swallow(() => (isDeaf ? CHANNEL_CLOSE_OK : undefined));
    const { broker, events } = await amqpClient(url);
    const { broker: direct } = await amqpClient(sharedBroker().url);
    try {
      await broker.apply(queuesPlan(queue));
      await broker.subscribe({ queue, prefetch: 5, onDelivery: takeInto(received) });
      isDeaf = true;
      await onChannel(sharedBroker().url, (channel) => channel.deleteQueue(queue));
      await until('its end to be told', () => events.some(({ event }) => event === 'channel.closed'));
      await direct.apply(queuesPlan(queue));
      await publishAll(direct.publisher(), [into(queue, 'after')]);
      await until('what comes after', () => received.includes('after'));
    } finally {
      await stopAmqpClients();
      await gate.close();
    }
  });

  test('a consumer that RabbitMQ has forgotten without a word is brought back', async () => {
    const [queue, received] = [uniqueName('forgotten'), [] as string[]];
    const { broker, events } = await amqpClient(sharedBroker().url, { stallMs: 500 });
    await broker.apply(queuesPlan(queue));
    await broker.subscribe({ queue, prefetch: 5, onDelivery: takeInto(received) });
    await publishAll(broker.publisher(), [into(queue, 'm1')]);
    await until('the first', () => received.includes('m1'));
    await forgetConsumers(queue);
    expect(await broker.depth(queue)).toEqual({ messages: 0, consumers: 0 });
    await publishAll(broker.publisher(), [into(queue, 'm2')]);
    await until('what waited', () => received.includes('m2'));
    const reason = expect.stringContaining('has forgotten') as string;
    expect(events).toContainEqual({ event: 'channel.closed', queue, reason });
  });

  test('a receiver that throws loses no message and closes no channel', async () => {
    const queue = uniqueName('throwing');
    const { broker, events } = await amqpClient(sharedBroker().url);
    await broker.apply(queuesPlan(queue));
    const got: string[] = [];
    const subscription = await broker.subscribe({
      queue,
      prefetch: 10,
      onDelivery: (delivery) => {
        if (idOf(delivery) === 'm2') throw new Error('a fault of the receiver');
        got.push(idOf(delivery));
        delivery.ack();
      },
    });
    await publishAll(
      broker.publisher(),
      ids(3).map((id) => into(queue, id)),
    );
    await until('the others', () => got.length === 2);
    expect(events).toContainEqual({ event: 'delivery.failed', queue, reason: 'a fault of the receiver' });
    expect(subscription.open).toBe(true);
    await subscription.close();
    const kept = await broker.pull(queue);
    expect(kept && idOf(kept)).toBe('m2');
  });

  test('a subscription that is still opening when the client stops is told so', async () => {
    const queue = uniqueName('closing');
    const { broker } = await amqpClient(sharedBroker().url);
    await broker.apply(queuesPlan(queue));
    const opening = broker.subscribe({ queue, prefetch: 1, onDelivery: () => undefined });
    const told = expect(opening).rejects.toMatchObject({ code: 'client_stopped' });
    await broker.stop();
    await told;
  });

  test('a prefetch that quorum queues refuse is refused at once', async () => {
    const { broker } = await amqpClient(sharedBroker().url);
    for (const prefetch of [0, 2_001, 1.5]) {
      const refused = broker.subscribe({ queue: 'any', prefetch, onDelivery: () => undefined });
      await expect(refused).rejects.toMatchObject({ code: 'configuration_invalid', field: 'prefetch' });
    }
  });
});

describe('a broker with a consumer timeout', () => {
  let own: PrivateRabbitMq;

  beforeAll(async () => {
    own = await startOwnBroker({
      advancedConf: '[{rabbit, [{consumer_timeout, 500}, {channel_tick_interval, 200}]}].\n',
    });
  });
  afterEach(stopAmqpClients);
  afterAll(() => own.stop({ deadlineMs: 0 }));

  test('a message held too long comes again on a new channel, and its late ack reaches nobody', async () => {
    const queue = uniqueName('slow');
    const { broker, events } = await amqpClient(own.url);
    await broker.apply(queuesPlan(queue));
    const [got, lost]: [Delivery[], string[]] = [[], []];
    await broker.subscribe({
      queue,
      prefetch: 10,
      onDelivery: (delivery) => void got.push(delivery),
      onLost: (reason) => void lost.push(reason),
    });
    await publishAll(broker.publisher(), [into(queue, 'm1')]);
    const [first, again] = await until('its second delivery', () => got.length >= 2 && got);
    expect([first?.alive, again?.message.deliveryCount]).toEqual([false, 1]);
    first?.ack();
    expect(lost[0]).toContain('timed out');
    expect(events).toContainEqual({ event: 'channel.closed', queue, reason: lost[0] });
    await until('one more return', () => got.length >= 3);
    await until('its ack', async () => {
      got.at(-1)?.ack();
      return (await broker.depth(queue))?.messages === 0 && got.at(-1)?.alive;
    });
  });
});

function takeInto(received: string[]): (delivery: Delivery) => void {
  return (delivery) => {
    received.push(idOf(delivery));
    delivery.ack();
  };
}

/** The queue gives them nothing more, and nobody is told. */
async function forgetConsumers(queue: string): Promise<void> {
  const cancel = 'rabbit_fifo:make_checkout({Tag, Channel}, cancel, #{})';
  const all = `[ra:process_command(amqqueue:get_pid(Q), ${cancel}) || {Channel, Tag, _, _, _, _, _, _} <- rabbit_amqqueue:consumers(Q)]`;
  await sharedBroker().ctl('eval', onQueue(queue, all));
}
