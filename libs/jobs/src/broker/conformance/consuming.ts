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
  refusalOf,
  store,
  takeAll,
  toEmail,
} from './port';
import type { Promises } from './promises';
import { type BrokerTestWorld, until } from './world';

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

  'of several consumers with room none is left out': async (world) => {
    const broker = await emailBroker(world);
    const inboxes = [await openInbox(broker, emailQueue(world)), await openInbox(broker, emailQueue(world))];
    await store(
      broker,
      idsTo(40).map((id) => toEmail(world, id)),
    );
    const count = (): number => inboxes.reduce((sum, { deliveries }) => sum + deliveries.length, 0);
    await until(world, 'all forty', () => count() === 40);
    assert.ok(
      inboxes.every(({ deliveries }) => deliveries.length > 0),
      'both have some',
    );
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
