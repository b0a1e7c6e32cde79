import assert from 'node:assert/strict';
import { PRIORITIES } from '../../contracts/job-type';
import type { ExchangePlan } from '../../topology/plan';
import {
  emailBroker,
  emailQueue,
  idsOf,
  outgoing,
  publish,
  quorumQueue,
  smallPlan,
  store,
  takeAll,
  toEmail,
  toExchange,
  toQueue,
} from './port';
import type { Promises } from './promises';
import type { BrokerTestWorld } from './world';

const exchange = (name: string, type: ExchangePlan['type'], alternate?: string): ExchangePlan => ({
  name,
  type,
  alternate,
  purpose: 'test',
});

export const routing: Promises<BrokerTestWorld> = {
  'a job arrives in the queue of its first word at its level, and nowhere else': async (world) => {
    const { names } = world;
    const broker = await world.connect();
    await broker.apply(smallPlan(names, ['email', 'report']));
    const jobs = PRIORITIES.flatMap((priority) =>
      ['email', 'email.welcome', 'email.a.b.c', 'report.daily'].map((routingKey) =>
        outgoing({ exchange: names.priority(priority), routingKey, messageId: `${routingKey} ${priority}` }),
      ),
    );
    await store(broker, jobs);
    for (const priority of PRIORITIES) {
      const emails = await takeAll(world, broker, names.work('email', priority), 3);
      assert.deepEqual(idsOf(emails), [`email ${priority}`, `email.welcome ${priority}`, `email.a.b.c ${priority}`]);
      assert.deepEqual(idsOf(await takeAll(world, broker, names.work('report', priority), 1)), [
        `report.daily ${priority}`,
      ]);
    }
  },

  'a job that names its queue arrives at its level, and comes back when there is no such queue': async (world) => {
    const { names } = world;
    const broker = await emailBroker(world);
    const publisher = broker.publisher();
    for (const priority of PRIORITIES) {
      const at = { exchange: names.direct(priority), messageId: priority };
      assert.equal(await publish(publisher, outgoing({ ...at, routingKey: 'email' })), undefined);
      for (const routingKey of ['email.welcome', 'report', '']) {
        assert.equal((await publish(publisher, outgoing({ ...at, routingKey })))?.kind, 'returned', routingKey);
      }
      assert.deepEqual(idsOf(await takeAll(world, broker, names.work('email', priority), 1)), [priority]);
    }
  },

  'a type whose first word only begins like a queue has no queue': async (world) => {
    const broker = await emailBroker(world);
    const publisher = broker.publisher();
    for (const routingKey of ['emails', 'email-x.welcome', 'welcome.email', 'e']) {
      const failure = await publish(publisher, toEmail(world, 'm1', { routingKey }));
      assert.equal(failure?.kind, 'returned', routingKey);
    }
  },

  'the door exchanges lead to the work queues, and strays to the stray queue': async (world) => {
    const { names } = world;
    const broker = await emailBroker(world);
    for (const priority of PRIORITIES) {
      const at = { exchange: names.door(priority) };
      await store(broker, [
        outgoing({ ...at, routingKey: 'email.welcome', messageId: `job ${priority}` }),
        outgoing({ ...at, routingKey: 'nowhere.at-all', messageId: `stray ${priority}`, mandatory: false }),
      ]);
      assert.deepEqual(idsOf(await takeAll(world, broker, names.work('email', priority), 1)), [`job ${priority}`]);
    }
    const strays = await takeAll(world, broker, names.stray, PRIORITIES.length);
    assert.deepEqual(
      idsOf(strays),
      PRIORITIES.map((priority) => `stray ${priority}`),
    );
  },

  'an alternate exchange takes what its exchange does not, also for mandatory messages': async (world) => {
    const { names } = world;
    const broker = await emailBroker(world);
    const publisher = broker.publisher();
    const stray = outgoing({ exchange: names.deadExchange, routingKey: 'nowhere', messageId: 'm1' });
    assert.equal(await publish(publisher, stray), undefined);
    assert.deepEqual(idsOf(await takeAll(world, broker, names.stray, 1)), ['m1']);
  },

  'an alternate exchange is silent behind an exchange binding, even when nothing lies behind it': async (world) => {
    const { prefix } = world.names;
    const [first, second, other, queue] = [
      `${prefix}.first`,
      `${prefix}.second`,
      `${prefix}.other`,
      `${prefix}.found`,
    ] as const;
    const broker = await world.connect();
    await broker.apply({
      exchanges: [exchange(first, 'topic', other), exchange(second, 'topic'), exchange(other, 'fanout')],
      queues: [quorumQueue(queue)],
      bindings: [toExchange(first, second, 'a.#'), toQueue(other, queue, '')],
    });
    const publisher = broker.publisher();
    assert.equal((await publish(publisher, outgoing({ exchange: first, routingKey: 'a.b' })))?.kind, 'returned');
    assert.equal(await publish(publisher, outgoing({ exchange: first, routingKey: 'b' })), undefined);
    await takeAll(world, broker, queue, 1);
  },

  'a direct exchange compares the whole key, a fanout exchange none': async (world) => {
    const { prefix } = world.names;
    const [direct, fanout, left, right] = [
      `${prefix}.direct`,
      `${prefix}.fanout`,
      `${prefix}.left`,
      `${prefix}.right`,
    ] as const;
    const broker = await world.connect();
    await broker.apply({
      exchanges: [exchange(direct, 'direct'), exchange(fanout, 'fanout')],
      queues: [quorumQueue(left), quorumQueue(right)],
      bindings: [
        toQueue(direct, left, 'a.#'),
        toQueue(direct, right, 'a'),
        toQueue(fanout, left, 'a'),
        toQueue(fanout, right, ''),
      ],
    });
    await store(broker, [
      outgoing({ exchange: direct, routingKey: 'a', messageId: 'm1' }),
      outgoing({ exchange: direct, routingKey: 'a.#', messageId: 'm2' }),
      outgoing({ exchange: fanout, routingKey: 'x', messageId: 'm3' }),
    ]);
    assert.deepEqual(idsOf(await takeAll(world, broker, left, 2)), ['m2', 'm3']);
    assert.deepEqual(idsOf(await takeAll(world, broker, right, 2)), ['m1', 'm3']);
  },

  'a star is one word and a hash any number of words': async (world) => {
    const { prefix } = world.names;
    const topic = `${prefix}.topic`;
    const takes: Record<string, string[]> = {
      'a.*': ['a.b', 'a.c'],
      'a.#': ['a', 'a.b', 'a.c', 'a.b.c'],
      'a.#.#': ['a', 'a.b', 'a.c', 'a.b.c'],
      '#.c': ['a.c', 'a.b.c', 'c'],
      'a.#.c': ['a.c', 'a.b.c'],
      '*.*': ['a.b', 'a.c'],
      '*': ['a', 'c'],
      '#': ['a', 'a.b', 'a.c', 'a.b.c', 'c'],
    };
    const queues = Object.keys(takes).map((_, i) => `${prefix}.q${i}`);
    const broker = await world.connect();
    await broker.apply({
      exchanges: [exchange(topic, 'topic')],
      queues: queues.map((queue) => quorumQueue(queue)),
      bindings: Object.keys(takes).map((key, i) => toQueue(topic, `${prefix}.q${i}`, key)),
    });
    const keys = ['a', 'a.b', 'a.c', 'a.b.c', 'c'];
    await store(
      broker,
      keys.map((routingKey) => outgoing({ exchange: topic, routingKey, messageId: routingKey })),
    );
    for (const [i, [pattern, wanted]] of Object.entries(takes).entries()) {
      assert.deepEqual(idsOf(await takeAll(world, broker, `${prefix}.q${i}`, wanted.length)), wanted, pattern);
    }
  },

  'a queue keeps a message once, however many ways lead to it': async (world) => {
    const { prefix } = world.names;
    const [first, second, queue] = [`${prefix}.first`, `${prefix}.second`, `${prefix}.found`] as const;
    const broker = await world.connect();
    await broker.apply({
      exchanges: [exchange(first, 'topic'), exchange(second, 'fanout')],
      queues: [quorumQueue(queue)],
      // The last two go round in a circle.
      bindings: [
        toQueue(first, queue, '#'),
        toQueue(first, queue, 'a.*'),
        toExchange(first, second, '#'),
        toExchange(second, first, ''),
      ],
    });
    await store(broker, [outgoing({ exchange: first, routingKey: 'a.b', messageId: 'm1' })]);
    assert.deepEqual(idsOf(await takeAll(world, broker, queue, 1)), ['m1']);
  },

  'the exchange without a name reaches every queue by its name': async (world) => {
    const broker = await emailBroker(world);
    await store(broker, [outgoing({ exchange: '', routingKey: emailQueue(world), messageId: 'm1' })]);
    assert.deepEqual(idsOf(await takeAll(world, broker, emailQueue(world), 1)), ['m1']);
  },

  'properties, headers and body arrive as they were sent': async (world) => {
    const broker = await emailBroker(world);
    const sent = toEmail(world, 'an-id', {
      body: Buffer.from([0, 255, 128, 10]),
      type: 'email.welcome',
      correlationId: 'order 7',
      contentType: 'application/json',
      appId: 'shop',
      timestamp: 1_900_000_000,
      headers: {
        text: 'grüße',
        empty: '',
        whole: 42,
        large: 4_000_000_000_000,
        negative: -1,
        part: 0.25,
        yes: true,
        no: false,
      },
    });
    await store(broker, [sent]);
    const [delivery] = await takeAll(world, broker, emailQueue(world), 1);
    const { body, headers, ...rest } = delivery?.message ?? assert.fail('no delivery');
    assert.equal(Buffer.compare(body, sent.body), 0);
    for (const [name, value] of Object.entries(sent.headers ?? {})) assert.equal(headers[name], value, name);
    assert.deepEqual(rest, {
      queue: emailQueue(world),
      exchange: sent.exchange,
      routingKey: sent.routingKey,
      messageId: 'an-id',
      type: 'email.welcome',
      correlationId: 'order 7',
      appId: 'shop',
      timestamp: 1_900_000_000,
      redelivered: false,
      deliveryCount: 0,
    });
  },
};
