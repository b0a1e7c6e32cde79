import assert from 'node:assert/strict';
import type { Delivery } from '../delivery';
import {
  arrival,
  arrivals,
  depthIs,
  emailBroker,
  emailQueue,
  idsOf,
  idsTo,
  openInbox,
  outgoing,
  quorumQueue,
  store,
  takeAll,
  toEmail,
} from './port';
import type { Promises } from './promises';
import type { BrokerTestWorld } from './world';

const countOf = ({ message }: Delivery): number => message.deliveryCount;

export const settling: Promises<BrokerTestWorld> = {
  'an acked message is gone': async (world) => {
    const broker = await emailBroker(world);
    await store(broker, [toEmail(world, 'm1')]);
    const inbox = await openInbox(broker, emailQueue(world));
    (await arrival(world, inbox)).ack();
    await inbox.subscription.close();
    await store(broker, [toEmail(world, 'm2')]);
    assert.deepEqual(idsOf(await takeAll(world, broker, emailQueue(world), 1)), ['m2']);
  },

  'a requeued message comes back before those behind it, counted': async (world) => {
    const broker = await emailBroker(world);
    await store(
      broker,
      idsTo(3).map((id) => toEmail(world, id)),
    );
    const inbox = await openInbox(broker, emailQueue(world), { prefetch: 1 });
    (await arrival(world, inbox)).requeue();
    const again = await arrival(world, inbox, 1);
    assert.deepEqual([again.message.messageId, again.message.redelivered, countOf(again)], ['m1', true, 1]);
    again.requeue();
    const third = await arrival(world, inbox, 2);
    assert.deepEqual([third.message.messageId, countOf(third)], ['m1', 2]);
    third.ack();
    const next = await arrival(world, inbox, 3);
    assert.deepEqual([next.message.messageId, next.message.redelivered, countOf(next)], ['m2', false, 0]);
  },

  'a rejected message goes whole to the dead queue of its queue': async (world) => {
    const broker = await emailBroker(world);
    const sent = toEmail(world, 'm1', {
      body: Buffer.from('{"to":"a"}'),
      type: 'email.welcome',
      headers: { 'x-job-attempt': 3 },
    });
    await store(broker, [sent, toEmail(world, 'm2')]);
    const inbox = await openInbox(broker, emailQueue(world));
    (await arrival(world, inbox)).reject();
    const [dead] = await takeAll(world, broker, world.names.dead('email'), 1);
    const message = dead?.message ?? assert.fail('no dead letter');
    assert.deepEqual([message.messageId, message.type, String(message.body)], ['m1', 'email.welcome', '{"to":"a"}']);
    assert.deepEqual([message.exchange, message.routingKey], [world.names.deadExchange, 'email']);
    assert.equal(message.headers['x-job-attempt'], 3);
    const [death] = message.headers['x-death'] as { reason: string; queue: string; count: number }[];
    assert.deepEqual([death?.reason, death?.queue, death?.count], ['rejected', emailQueue(world), 1]);
    await depthIs(world, broker, emailQueue(world), 0);
  },

  'a message that came back too often is dead-lettered by the broker': async (world) => {
    const { names } = world;
    const queue = `${names.prefix}.fragile`;
    const broker = await emailBroker(world);
    const deadTo = {
      'x-dead-letter-exchange': names.deadExchange,
      'x-dead-letter-routing-key': 'email',
      'x-delivery-limit': 2,
    };
    await broker.apply({ exchanges: [], queues: [quorumQueue(queue, deadTo)], bindings: [] });
    await store(broker, [outgoing({ exchange: '', routingKey: queue, messageId: 'm1' })]);
    const inbox = await openInbox(broker, queue);
    for (const returns of [0, 1, 2]) {
      const delivery = await arrival(world, inbox, returns);
      assert.equal(countOf(delivery), returns);
      delivery.requeue();
    }
    assert.deepEqual(idsOf(await takeAll(world, broker, names.dead('email'), 1)), ['m1']);
    assert.equal(inbox.deliveries.length, 3);
  },

  'only the first settling of a delivery counts': async (world) => {
    const broker = await emailBroker(world);
    await store(
      broker,
      idsTo(2).map((id) => toEmail(world, id)),
    );
    const inbox = await openInbox(broker, emailQueue(world));
    const [first, second] = await arrivals(world, inbox, 2);
    first?.ack();
    first?.requeue();
    first?.reject();
    first?.ack();
    second?.requeue();
    second?.ack();
    const again = await arrival(world, inbox, 2);
    assert.deepEqual([again.message.messageId, countOf(again)], ['m2', 1]);
    again.ack();
    await inbox.subscription.close();
    await depthIs(world, broker, emailQueue(world), 0);
    await depthIs(world, broker, world.names.dead('email'), 0);
    assert.deepEqual(inbox.losses, []);
  },

  'a cancelled consumer takes nothing new and can settle what it has': async (world) => {
    const broker = await emailBroker(world);
    await store(
      broker,
      idsTo(3).map((id) => toEmail(world, id)),
    );
    const inbox = await openInbox(broker, emailQueue(world));
    const [first, second, third] = await arrivals(world, inbox, 3);
    await inbox.subscription.cancel();
    await store(broker, [toEmail(world, 'm4')]);
    assert.deepEqual(idsOf(await takeAll(world, broker, emailQueue(world), 1)), ['m4']);
    assert.ok(first?.alive);
    first.ack();
    second?.requeue();
    third?.reject();
    assert.deepEqual(idsOf(await takeAll(world, broker, emailQueue(world), 1)), ['m2']);
    assert.deepEqual(idsOf(await takeAll(world, broker, world.names.dead('email'), 1)), ['m3']);
    await inbox.subscription.close();
    assert.equal(inbox.deliveries.length, 3);
    await depthIs(world, broker, emailQueue(world), 0);
  },

  'closing keeps what was settled and returns the rest in order, counted': async (world) => {
    const broker = await emailBroker(world);
    await store(
      broker,
      idsTo(5).map((id) => toEmail(world, id)),
    );
    const inbox = await openInbox(broker, emailQueue(world));
    const deliveries = await arrivals(world, inbox, 5);
    deliveries[1]?.ack();
    deliveries[3]?.ack();
    await inbox.subscription.close();
    assert.ok(deliveries.every((delivery) => !delivery.alive));
    deliveries[0]?.ack();
    const back = await takeAll(world, broker, emailQueue(world), 3);
    assert.deepEqual(idsOf(back), ['m1', 'm3', 'm5']);
    assert.deepEqual(back.map(countOf), [1, 1, 1]);
    assert.deepEqual(inbox.losses, [], 'closing is no loss');
    await inbox.subscription.close();
  },
};
