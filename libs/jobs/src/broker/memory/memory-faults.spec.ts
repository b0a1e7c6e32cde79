import { routeJob } from '../../topology/route';
import { fakeClock } from '../../testing/fake-clock';
import { namesFor } from '../../topology/names';
import type { BindingPlan, ExchangePlan, QueuePlan, TopologyPlan } from '../../topology/plan';
import type { Broker, PublishFailure, Publisher } from '../broker';
import { idsOf, openInbox, outgoing, publish, quorumQueue, smallPlan, toQueue } from '../conformance/port';
import { type MemoryOptions, memoryBroker, memoryWorld } from './memory-broker';

const names = namesFor('test');
const work = names.work('email', 'normal');
const plan = smallPlan(names, ['email']);
const job = (messageId: string) =>
  outgoing({ exchange: names.priority('normal'), routingKey: 'email.welcome', messageId });
const fanout = (name: string): ExchangePlan => ({ name, type: 'fanout', purpose: 'test' });
const planOf = (exchanges: ExchangePlan[], queues: QueuePlan[], bindings: BindingPlan[]): TopologyPlan => ({
  ...{ exchanges, queues, bindings },
});

async function started(options: MemoryOptions = {}) {
  const clock = fakeClock();
  const broker = memoryBroker({ clock, ...options });
  await broker.start();
  await clock.settle();
  await broker.apply(plan);
  return { broker, clock };
}

const kinds = async (publisher: Publisher, ids: string[]): Promise<(PublishFailure['kind'] | undefined)[]> =>
  Promise.all(ids.map(async (id) => (await publish(publisher, job(id)))?.kind));

describe('a blocked broker', () => {
  it('takes no message and goes on delivering', async () => {
    const { broker, clock } = await started();
    const publisher = broker.publisher();
    await publish(publisher, job('m1'));
    broker.block('memory');
    expect(broker.state).toMatchObject({ name: 'blocked', reason: 'memory', sinceMs: clock.now() });

    let confirmed = false;
    publisher.publish(job('m2'), (failure) => (confirmed = failure === undefined));
    const inbox = await openInbox(broker, work);
    await clock.advance(1_000);
    expect(idsOf(inbox.deliveries)).toEqual(['m1']);
    expect(confirmed).toBe(false);

    broker.unblock();
    await clock.settle();
    expect(broker.state.name).toBe('connected');
    expect(confirmed).toBe(true);
    expect(idsOf(inbox.deliveries)).toEqual(['m1', 'm2']);
  });

  it('blocks those who come while it is blocked', async () => {
    const world = memoryWorld({ clock: fakeClock() });
    world.block('disk');
    const late = world.connect();
    const states: string[] = [];
    late.onState((state) => states.push(state.name));
    await late.start();
    await late.apply(plan);
    expect(states).toEqual(['connecting', 'connected', 'blocked']);
  });
});

describe('a queue that refuses', () => {
  it('nacks until it accepts again', async () => {
    const { broker } = await started();
    const publisher = broker.publisher();
    broker.refuse(work);
    expect(await kinds(publisher, ['m1', 'm2'])).toEqual(['nacked', 'nacked']);
    broker.accept(work);
    expect(await kinds(publisher, ['m3'])).toEqual([undefined]);
    expect(await broker.depth(work)).toEqual({ messages: 1, consumers: 0 });
  });
});

describe('an ack', () => {
  it('is lost with the connection that it was written to', async () => {
    const { broker, clock } = await started();
    await publish(broker.publisher(), job('m1'));
    const inbox = await openInbox(broker, work);
    await clock.settle();
    inbox.deliveries[0]?.ack();
    broker.dropConnections();
    await clock.settle();
    expect(idsOf(inbox.deliveries)).toEqual(['m1', 'm1']);
    expect(inbox.deliveries[1]?.message.deliveryCount).toBe(1);
  });
});

describe('dead letters of a queue that must not lose them', () => {
  const safe = {
    'x-dead-letter-exchange': 'dead',
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  };
  const source = quorumQueue('source', { ...safe, 'x-message-ttl': 100 });

  it('wait for a target, and go on once there is one', async () => {
    const clock = fakeClock();
    const world = memoryWorld({ clock });
    const broker = await connected(world.connect(), planOf([fanout('dead')], [source], []));
    await publish(broker.publisher(), outgoing({ exchange: '', routingKey: 'source', messageId: 'm1' }));
    await clock.advance(100);
    expect(await broker.depth('source')).toEqual({ messages: 0, consumers: 0 });
    expect(world.heldDeadLetters('source')).toBe(1);

    await broker.apply(planOf([], [quorumQueue('target')], [toQueue('dead', 'target', '')]));
    await clock.advance(180_000);
    expect(world.heldDeadLetters('source')).toBe(0);
    expect((await broker.depth('target'))?.messages).toBe(1);
  });

  it('stop all behind them when 32 have no target, as on RabbitMQ', async () => {
    const clock = fakeClock();
    const world = memoryWorld({ clock });
    const direct: ExchangePlan = { name: 'dead', type: 'direct', purpose: 'test' };
    const broker = await connected(
      world.connect(),
      planOf(
        [direct, fanout('in')],
        [source, quorumQueue('target')],
        [toQueue('in', 'source', ''), toQueue('dead', 'target', 'good')],
      ),
    );
    const publisher = broker.publisher();
    const send = (count: number, routingKey: string) =>
      Promise.all(Array.from({ length: count }, () => publish(publisher, outgoing({ exchange: 'in', routingKey }))));
    await send(31, 'bad');
    await send(1, 'good');
    await clock.advance(100);
    expect((await broker.depth('target'))?.messages).toBe(1);
    await send(1, 'bad');
    await send(1, 'good');
    await clock.advance(100);
    expect((await broker.depth('target'))?.messages).toBe(1);
    expect(world.heldDeadLetters('source')).toBe(33);
  });

  it('are dropped rather than sent in a circle', async () => {
    const clock = fakeClock();
    const world = memoryWorld({ clock });
    const to = (exchange: string) => ({ 'x-message-ttl': 50, 'x-dead-letter-exchange': exchange });
    const broker = await connected(
      world.connect(),
      planOf(
        [fanout('to-a'), fanout('to-b')],
        [quorumQueue('a', to('to-b')), quorumQueue('b', to('to-a'))],
        [toQueue('to-a', 'a', ''), toQueue('to-b', 'b', '')],
      ),
    );
    await publish(broker.publisher(), outgoing({ exchange: 'to-a', routingKey: 'x' }));
    await clock.advance(50);
    expect((await broker.depth('b'))?.messages).toBe(1);
    await clock.advance(10_000);
    expect([(await broker.depth('a'))?.messages, (await broker.depth('b'))?.messages]).toEqual([0, 0]);
  });
});

it('a rejected message may return to the queue that it was in', async () => {
  const { broker, clock } = await started();
  const again = quorumQueue('again', { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'again' });
  await broker.apply(planOf([], [again], []));
  await publish(broker.publisher(), outgoing({ exchange: '', routingKey: 'again', messageId: 'm1' }));
  for (const times of [1, 2, 3]) {
    (await broker.pull('again'))?.reject();
    await clock.settle();
    const back = await broker.pull('again');
    expect(back?.message.headers['x-death']).toMatchObject([{ reason: 'rejected', queue: 'again', count: times }]);
    back?.requeue();
    await clock.settle();
  }
});

it('a stored message is not what its publisher makes of the buffer afterwards', async () => {
  const { broker } = await started();
  const message = { ...job('m1'), body: Buffer.from('before') };
  await publish(broker.publisher(), message);
  message.body.write('after!');
  expect(String((await broker.pull(work))?.message.body)).toBe('before');
});

describe('time', () => {
  it('only takes a message away once it stands at the head of its queue', async () => {
    const { broker, clock } = await started();
    const deadTo = { 'x-message-ttl': 100, 'x-dead-letter-exchange': names.stray };
    await broker.apply(planOf([], [quorumQueue('short', deadTo)], []));
    await publish(broker.publisher(), outgoing({ exchange: '', routingKey: 'short', messageId: 'm1' }));
    const held = await broker.pull('short');
    await clock.advance(1_000);
    expect((await broker.depth(names.stray))?.messages).toBe(0);
    held?.requeue();
    await clock.settle();
    expect((await broker.depth(names.stray))?.messages).toBe(1);
  });

  it('leaves no timer behind when everybody has stopped, and catches up with the next client', async () => {
    const clock = fakeClock();
    const world = memoryWorld({ clock });
    const topology = smallPlan(names, ['email'], 4);
    const first = await connected(world.connect(), topology);
    const { exchange, routingKey, headers } = routeJob(names, 'email.welcome', 'normal', { delayMs: 100, exact: true });
    await publish(first.publisher(), outgoing({ exchange, routingKey, headers, messageId: 'm1' }));
    await first.stop();
    expect(clock.timers).toBe(0);
    await clock.advance(60_000);

    const second = await connected(world.connect(), topology);
    await clock.advance(0);
    expect((await second.pull(work))?.message.messageId).toBe('m1');
    await second.stop();
  });
});

it('a classic queue knows only that a message was delivered before, not how often', async () => {
  const { broker, clock } = await started();
  await broker.apply(
    planOf([], [{ name: 'classic', type: 'classic', arguments: { 'x-queue-type': 'classic' }, purpose: 'test' }], []),
  );
  await publish(broker.publisher(), outgoing({ exchange: '', routingKey: 'classic' }));
  const counts: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    const delivery = await broker.pull('classic');
    counts.push(delivery?.message.deliveryCount ?? NaN);
    delivery?.requeue();
    await clock.settle();
  }
  expect(counts).toEqual([0, 1, 1]);
});

async function connected(broker: Broker, topology: TopologyPlan): Promise<Broker> {
  await broker.start();
  await broker.apply(topology);
  return broker;
}
