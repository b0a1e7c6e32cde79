import assert from 'node:assert/strict';
import type { OutgoingMessage } from '../../contracts/message';
import { PRIORITIES, type Priority } from '../../contracts/job-type';
import { planTopology } from '../../topology/plan';
import { routeJob } from '../../topology/route';
import type { Broker } from '../broker';
import {
  arrival,
  arrivals,
  depthIs,
  emailQueue,
  idsOf,
  idsTo,
  openInbox,
  outgoing,
  smallPlan,
  store,
  takeAll,
} from './port';
import type { Promises } from './promises';
import { type BrokerTestWorld, until } from './world';

/** Up to 1.5 s: enough for every promise, and a small load. */
const LEVELS = 4;

async function withLadder(world: BrokerTestWorld, queues = ['email']): Promise<Broker> {
  const broker = await world.connect();
  await broker.apply(smallPlan(world.names, queues, LEVELS));
  return broker;
}

function delayed(
  world: BrokerTestWorld,
  id: string,
  delayMs: number,
  priority: Priority = 'normal',
  type = 'email.welcome',
): OutgoingMessage {
  const { exchange, routingKey, headers } = routeJob(world.names, type, priority, { delayMs, exact: true });
  return outgoing({ exchange, routingKey, headers, messageId: id, type });
}

export const delays: Promises<BrokerTestWorld> = {
  'a delayed message comes after its delay, never before': async (world) => {
    const broker = await withLadder(world);
    const inbox = await openInbox(broker, emailQueue(world));
    const arrivedMs = new Map<string, number>();
    const sentMs = world.clock.now();
    const delaysMs = { m1: 100, m2: 300, m3: 500, m4: 700 };
    await store(
      broker,
      Object.entries(delaysMs).map(([id, delayMs]) => delayed(world, id, delayMs)),
    );
    await until(world, 'all four', () => {
      for (const id of idsOf(inbox.deliveries)) if (id && !arrivedMs.has(id)) arrivedMs.set(id, world.clock.now());
      return arrivedMs.size === 4;
    });
    for (const [id, delayMs] of Object.entries(delaysMs)) {
      const waitedMs = (arrivedMs.get(id) ?? 0) - sentMs;
      assert.ok(waitedMs >= delayMs, `${id} came after ${waitedMs} ms, not ${delayMs}`);
    }
  },

  'a short delay overtakes a long one that was published before it': async (world) => {
    const broker = await withLadder(world);
    const inbox = await openInbox(broker, emailQueue(world));
    await store(broker, [delayed(world, 'long', 1_400), delayed(world, 'short', 100)]);
    assert.deepEqual(idsOf(await arrivals(world, inbox, 2)), ['short', 'long']);
  },

  'delayed messages of equal delay keep their order': async (world) => {
    const broker = await withLadder(world);
    const inbox = await openInbox(broker, emailQueue(world));
    await store(
      broker,
      idsTo(20).map((id) => delayed(world, id, 300)),
    );
    assert.deepEqual(idsOf(await arrivals(world, inbox, 20)), idsTo(20));
  },

  'a delayed message keeps its level, its queue and its type': async (world) => {
    const { names } = world;
    const broker = await withLadder(world, ['email', 'report']);
    // A type whose second word names a priority must not be taken for another level.
    const types = ['email.welcome', 'email', 'report.high.email.x'];
    const wanted = types.flatMap((type) =>
      PRIORITIES.map((priority) => ({ type, priority, queue: names.work(type.split('.')[0] ?? '', priority) })),
    );
    await store(
      broker,
      wanted.map(({ type, priority }) => delayed(world, type, 300, priority, type)),
    );
    for (const queue of new Set(wanted.map((job) => job.queue))) {
      const jobs = wanted.filter((job) => job.queue === queue);
      const taken = await takeAll(world, broker, queue, jobs.length);
      assert.deepEqual(idsOf(taken).sort(), jobs.map(({ type }) => type).sort(), queue);
      for (const { message } of taken) assert.equal(message.type, message.messageId);
    }
  },

  'a message that came down the ladder is dead-lettered to the dead queue of its queue': async (world) => {
    const broker = await withLadder(world);
    const inbox = await openInbox(broker, emailQueue(world));
    await store(broker, [delayed(world, 'm1', 300)]);
    (await arrival(world, inbox)).reject();
    const [dead] = await takeAll(world, broker, world.names.dead('email'), 1);
    assert.deepEqual([dead?.message.messageId, dead?.message.type], ['m1', 'email.welcome']);
    await depthIs(world, broker, world.names.stray, 0);
  },

  'delayed messages whose queue is gone go to the stray queue and hold up nobody': async (world) => {
    const broker = await withLadder(world);
    const inbox = await openInbox(broker, emailQueue(world));
    const strays = idsTo(40).map((id) => delayed(world, id, 200, 'normal', 'nowhere.at-all'));
    await store(broker, [...strays, delayed(world, 'good', 200)]);
    assert.equal((await arrival(world, inbox)).message.messageId, 'good');
    await depthIs(world, broker, world.names.stray, 40);
  },

  'waiting messages outlive the connection that sent them': async (world) => {
    const broker = await withLadder(world);
    await store(broker, [delayed(world, 'm1', 1_000)]);
    await world.dropConnections();
    const inbox = await openInbox(broker, emailQueue(world));
    assert.equal((await arrival(world, inbox)).message.messageId, 'm1');
  },

  'every level of the ladder leads on to the next': async (world) => {
    const broker = await world.connect();
    await broker.apply(planTopology({ names: world.names, queues: ['email'] }));
    const inbox = await openInbox(broker, emailQueue(world));
    const dayMs = 86_400_000;
    // 2²⁸ − 1 units: every bit is set, so every level is a wait. Where time is real, three levels have to do.
    const longestMs = world.movesTime ? (2 ** 28 - 1) * 100 : 700;
    await store(broker, [delayed(world, 'longest', longestMs), delayed(world, 'short', 100)]);
    assert.equal((await arrival(world, inbox)).message.messageId, 'short');
    if (world.movesTime) await world.advance(longestMs - dayMs);
    assert.equal(inbox.deliveries.length, 1);
    if (world.movesTime) await world.advance(dayMs);
    assert.equal((await arrival(world, inbox, 1)).message.messageId, 'longest');
  },
};
