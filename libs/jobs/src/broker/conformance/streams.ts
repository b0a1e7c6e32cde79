import assert from 'node:assert/strict';
import type { QueuePlan } from '../../topology/plan';
import type { IncomingMessage } from '../../contracts/message';
import type { Broker, ReadStreamOptions } from '../broker';
import { idsTo, outgoing, refusalOf, store } from './port';
import type { Promises } from './promises';
import { type BrokerTestWorld, until } from './world';

const streamOf = (world: BrokerTestWorld): string => world.names.control;

/** A client with a stream. */
async function streamBroker(world: BrokerTestWorld): Promise<Broker> {
  const broker = await world.connect();
  const stream: QueuePlan = {
    ...{ name: streamOf(world), type: 'stream', purpose: 'test' },
    arguments: { 'x-queue-type': 'stream', 'x-max-length-bytes': 10_000_000 },
  };
  await broker.apply({ exchanges: [], queues: [stream], bindings: [] });
  return broker;
}

const append = (world: BrokerTestWorld, broker: Broker, ids: readonly string[]): Promise<void> =>
  store(
    broker,
    ids.map((id) => outgoing({ exchange: '', routingKey: streamOf(world), messageId: id, body: Buffer.from(id) })),
  );

async function openReading(world: BrokerTestWorld, broker: Broker, options: Partial<ReadStreamOptions> = {}) {
  const messages: IncomingMessage[] = [];
  const losses: string[] = [];
  const reader = await broker.readStream({
    ...{ queue: streamOf(world), from: { timestampMs: 0 } },
    onMessage: (message) => messages.push(message),
    onLost: (reason) => losses.push(reason),
    ...options,
  });
  const ids = (): (string | undefined)[] => messages.map(({ messageId }) => messageId);
  const reaches = (id: string): Promise<void> =>
    until(world, `${id}; there is ${ids().join()}`, () => ids().includes(id));
  return { reader, messages, losses, ids, reaches };
}

export const streams: Promises<BrokerTestWorld> = {
  'a stream is read by anyone, again and again, in the order of storing': async (world) => {
    const broker = await streamBroker(world);
    await append(world, broker, idsTo(5));
    for (const client of [broker, broker, await world.connect()]) {
      const { reader, messages, ids, reaches } = await openReading(world, client);
      await reaches('m5');
      assert.deepEqual(ids(), idsTo(5));
      assert.deepEqual(
        messages.map(({ body }) => String(body)),
        idsTo(5),
      );
      await reader.close();
    }
  },

  'what comes while it is read follows what was there': async (world) => {
    const broker = await streamBroker(world);
    await append(world, broker, ['m1']);
    const { ids, reaches } = await openReading(world, broker);
    await reaches('m1');
    await append(world, await world.connect(), ['m2', 'm3']);
    await reaches('m3');
    assert.deepEqual(ids(), ['m1', 'm2', 'm3']);
  },

  'a stream that is empty is read all the same': async (world) => {
    const broker = await streamBroker(world);
    const [all, last] = [await openReading(world, broker), await openReading(world, broker, { from: 'last' })];
    await append(world, broker, ['m1']);
    await all.reaches('m1');
    await last.reaches('m1');
  },

  'its last message is found without reading all of it': async (world) => {
    const broker = await streamBroker(world);
    for (const id of idsTo(20)) await append(world, broker, [id]);
    const { ids, reaches } = await openReading(world, broker, { from: 'last' });
    await reaches('m20');
    assert.ok(!ids().includes('m1'), ids().join());
    await append(world, broker, ['next']);
    await reaches('next');
    assert.deepEqual(ids().slice(-2), ['m20', 'next']);
  },

  'it is read from a time: nothing stored since is missing, and nothing of long before comes': async (world) => {
    const broker = await streamBroker(world);
    await append(world, broker, ['old']);
    await world.advance(3_000);
    const sinceMs = world.clock.now();
    await append(world, broker, idsTo(3));
    const { ids, reaches } = await openReading(world, broker, { from: { timestampMs: sinceMs } });
    await reaches('m3');
    assert.deepEqual(ids(), idsTo(3));
  },

  'read from a time to come it tells what comes': async (world) => {
    const broker = await streamBroker(world);
    await append(world, broker, ['old']);
    const from = { timestampMs: world.clock.now() + 3_600_000 };
    const { ids, reaches } = await openReading(world, broker, { from });
    await append(world, broker, ['new']);
    await reaches('new');
    assert.deepEqual(ids(), ['new']);
  },

  'thousands come, more than are on their way at a time': async (world) => {
    const broker = await streamBroker(world);
    await append(world, broker, idsTo(2_500));
    const { ids, reaches } = await openReading(world, broker);
    await reaches('m2500');
    assert.deepEqual(ids(), idsTo(2_500));
  },

  'depth knows whether it is there': async (world) => {
    const broker = await streamBroker(world);
    assert.ok(await broker.depth(streamOf(world)));
    await world.deleteQueue(streamOf(world));
    assert.equal(await broker.depth(streamOf(world)), undefined);
  },

  'one that does not exist is named': async (world) => {
    const broker = await world.connect();
    const error = await refusalOf(openReading(world, broker));
    assert.deepEqual([error.code, error.field], ['no_queue', streamOf(world)]);
    assert.ok(error.hint);
  },

  'a loss is told once, and whoever reads begins again where it wants': async (world) => {
    const broker = await streamBroker(world);
    await append(world, broker, ['m1']);
    const first = await openReading(world, broker);
    await first.reaches('m1');
    await world.dropConnections();
    await until(world, 'the loss', () => first.losses.length > 0);
    await until(world, 'the connection', () => broker.state.name === 'connected');
    await append(world, broker, ['m2']);
    const second = await openReading(world, broker);
    await second.reaches('m2');
    assert.deepEqual([first.ids(), first.losses.length, second.ids()], [['m1'], 1, ['m1', 'm2']]);
    await first.reader.close();
  },

  'a stream that is deleted is a loss to whoever reads it, and to nobody else': async (world) => {
    const broker = await streamBroker(world);
    const { losses, reaches } = await openReading(world, broker);
    await append(world, broker, ['m1']);
    await reaches('m1');
    await world.deleteQueue(streamOf(world));
    await until(world, 'the loss', () => losses.length === 1);
    assert.equal(broker.state.name, 'connected');
    assert.equal((await refusalOf(openReading(world, broker))).code, 'no_queue');
  },

  'closing is no loss, and nothing comes after it': async (world) => {
    const broker = await streamBroker(world);
    const { reader, losses, ids } = await openReading(world, broker);
    await reader.close();
    await append(world, broker, ['m1']);
    const other = await openReading(world, broker);
    await other.reaches('m1');
    await reader.close();
    assert.deepEqual([ids(), losses], [[], []]);
  },

  'a reader that throws misses no other message': async (world) => {
    const broker = await streamBroker(world);
    await append(world, broker, idsTo(3));
    const seen: (string | undefined)[] = [];
    const onMessage = ({ messageId }: IncomingMessage): void => {
      seen.push(messageId);
      if (messageId === 'm1') throw new Error('a reader that throws, as this test wants it');
    };
    await openReading(world, broker, { onMessage });
    await until(world, 'all three', () => seen.length === 3);
    assert.deepEqual(seen, idsTo(3));
  },

  'a broker that is away, or stopped, is said to be so': async (world) => {
    const broker = await streamBroker(world);
    await world.goAway();
    await until(world, 'the loss', () => broker.state.name === 'connecting');
    assert.equal((await refusalOf(openReading(world, broker))).code, 'broker_unreachable');
    await world.comeBack();
    await until(world, 'the connection', () => broker.state.name === 'connected');
    const reading = await openReading(world, broker);
    await broker.stop({ deadlineMs: 1_000 });
    assert.equal((await refusalOf(openReading(world, broker))).code, 'client_stopped');
    assert.deepEqual(reading.losses, [], 'stopping is no loss');
  },
};
