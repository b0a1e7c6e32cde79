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
  publish,
  quorumQueue,
  refusalOf,
  store,
  takeAll,
  toEmail,
} from './port';
import type { Promises } from './promises';
import { BrokerTestWorld, until } from './world';

const countOf = ({ message }: Delivery): number => message.deliveryCount;

export const consuming: Promises<BrokerTestWorld> = {
  'deliveries come in the order of publishing': async (world) => {
    const broker = await emailBroker(world);
    await store(
      broker,
      idsTo(100).map((id) => toEmail(world, id)),
    );
    const inbox = await openInbox(broker, emailQueue(world));
    assert.deepEqual(idsOf(await arrivals(world, inbox, 100)), idsTo(100));
    assert.ok(inbox.deliveries.every(({ message }) => !message.redelivered && message.deliveryCount === 0));
  },

  'a consumer holds no more than its prefetch, and gets the next for each one settled': async (world) => {
    const broker = await emailBroker(world);
    await store(
      broker,
      idsTo(6).map((id) => toEmail(world, id)),
    );
    const inbox = await openInbox(broker, emailQueue(world), { prefetch: 2 });
    const [first, second] = await arrivals(world, inbox, 2);
    await depthIs(world, broker, emailQueue(world), 4);
    second?.ack();
    await depthIs(world, broker, emailQueue(world), 3);
    first?.reject();
    await depthIs(world, broker, emailQueue(world), 2);
    assert.deepEqual(idsOf(await arrivals(world, inbox, 4)), ['m1', 'm2', 'm3', 'm4']);
    assert.equal(inbox.deliveries.length, 4);
  },

  'consumers of one queue share it, and nothing comes twice': async (world) => {
    const broker = await emailBroker(world);
    const other = await world.connect();
    const left = await openInbox(broker, emailQueue(world), { prefetch: 5 });
    const right = await openInbox(other, emailQueue(world), { prefetch: 5 });
    await store(
      broker,
      idsTo(12).map((id) => toEmail(world, id)),
    );
    const both = [...(await arrivals(world, left, 5)), ...(await arrivals(world, right, 5))];
    assert.deepEqual(idsOf(both).sort(), idsTo(10).sort());
    await depthIs(world, broker, emailQueue(world), 2);
  },

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

  'depth tells ready messages and consumers, and nothing of queues that do not exist': async (world) => {
    const broker = await emailBroker(world);
    assert.equal(await broker.depth(`${world.names.prefix}.missing`), undefined);
    await store(
      broker,
      idsTo(3).map((id) => toEmail(world, id)),
    );
    await depthIs(world, broker, emailQueue(world), 3);
    assert.equal((await broker.depth(emailQueue(world)))?.consumers, 0);
    const inbox = await openInbox(broker, emailQueue(world), { prefetch: 1 });
    await arrival(world, inbox);
    await until(world, 'two ready messages and a consumer', async () => {
      const depth = await broker.depth(emailQueue(world));
      return depth?.messages === 2 && depth.consumers === 1;
    });
  },

  'pulling takes one message, or none': async (world) => {
    const broker = await emailBroker(world);
    assert.equal(await broker.pull(emailQueue(world)), undefined);
    await store(
      broker,
      idsTo(2).map((id) => toEmail(world, id)),
    );
    const first = await broker.pull(emailQueue(world));
    await depthIs(world, broker, emailQueue(world), 1);
    first?.requeue();
    await depthIs(world, broker, emailQueue(world), 2);
    const again = await broker.pull(emailQueue(world));
    assert.ok(again?.alive);
    assert.deepEqual([again.message.messageId, countOf(again)], ['m1', 1]);
    again.ack();
    const second = await broker.pull(emailQueue(world));
    second?.reject();
    assert.deepEqual(idsOf(await takeAll(world, broker, world.names.dead('email'), 1)), ['m2']);
    assert.equal(await broker.pull(emailQueue(world)), undefined);
  },

  'a consumer gets messages that were published before and after it came': async (world) => {
    const broker = await emailBroker(world);
    const other = await world.connect();
    await store(other, [toEmail(world, 'm1')]);
    const inbox = await openInbox(broker, emailQueue(world));
    await arrival(world, inbox);
    await store(other, [toEmail(world, 'm2')]);
    assert.deepEqual(idsOf(await arrivals(world, inbox, 2)), ['m1', 'm2']);
  },

  'what a consumer publishes while it is called goes out': async (world) => {
    const broker = await emailBroker(world);
    const publisher = broker.publisher();
    const outcomes: unknown[] = [];
    const inbox = await openInbox(broker, emailQueue(world), {
      onDelivery: (delivery) => {
        delivery.ack();
        const follower = outgoing({ exchange: world.names.deadExchange, routingKey: 'email', messageId: 'm2' });
        publisher.publish(follower, (failure) => outcomes.push(failure));
      },
    });
    assert.equal(await publish(publisher, toEmail(world, 'm1')), undefined);
    await until(world, 'its confirm', () => outcomes.length === 1);
    assert.deepEqual(outcomes, [undefined]);
    assert.deepEqual(idsOf(await takeAll(world, broker, world.names.dead('email'), 1)), ['m2']);
    await inbox.subscription.close();
  },

  'a queue that does not exist is named to whoever wants its messages': async (world) => {
    const broker = await emailBroker(world);
    const missing = `${world.names.prefix}.missing`;
    for (const operation of [openInbox(broker, missing), broker.pull(missing)]) {
      const error = await refusalOf(operation);
      assert.deepEqual([error.code, error.field], ['no_queue', missing]);
      assert.ok(error.hint);
    }
    await store(broker, [toEmail(world, 'm1')]);
    await takeAll(world, broker, emailQueue(world), 1);
  },

  'a prefetch that no quorum queue takes is refused': async (world) => {
    const broker = await emailBroker(world);
    for (const prefetch of [0, -1, 1.5, 2_001]) {
      const error = await refusalOf(openInbox(broker, emailQueue(world), { prefetch }));
      assert.deepEqual([error.code, error.field], ['configuration_invalid', 'prefetch']);
    }
  },

  'a receiver that throws costs no other delivery': async (world) => {
    const broker = await emailBroker(world);
    const seen: Delivery[] = [];
    await openInbox(broker, emailQueue(world), {
      onDelivery: (delivery) => {
        seen.push(delivery);
        if (seen.length === 1) throw new Error('a receiver that throws, as this test wants it');
      },
    });
    await store(
      broker,
      idsTo(3).map((id) => toEmail(world, id)),
    );
    await until(world, 'all three', () => seen.length === 3);
    assert.ok(seen.every(({ alive }) => alive));
  },
};
