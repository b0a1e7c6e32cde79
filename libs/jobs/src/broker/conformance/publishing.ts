import assert from 'node:assert/strict';
import type { PublishFailure } from '../broker';
import {
  depthIs,
  emailBroker,
  emailQueue,
  idsOf,
  idsTo,
  outgoing,
  publish,
  publishAll,
  quorumQueue,
  takeAll,
  takeWhatThereIs,
  toEmail,
} from './port';
import type { Promises } from './promises';
import { type BrokerTestWorld, until } from './world';

const kindsOf = (failures: readonly (PublishFailure | undefined)[]): (string | undefined)[] =>
  failures.map((failure) => failure?.kind);

export const publishing: Promises<BrokerTestWorld> = {
  'a confirm never comes in the same turn, and comes once': async (world) => {
    const broker = await emailBroker(world);
    const publisher = broker.publisher();
    let calls = 0;
    publisher.publish(toEmail(world, 'm1'), () => (calls += 1));
    assert.equal(calls, 0);
    assert.equal(publisher.pending, 1);
    await until(world, 'the confirm', () => calls === 1);
    assert.equal(publisher.pending, 0);
    assert.equal(await publish(publisher, toEmail(world, 'm2')), undefined);
    assert.equal(calls, 1);
  },

  'messages of one publisher keep their order': async (world) => {
    const broker = await emailBroker(world);
    const publisher = broker.publisher({ window: 7 });
    const ids = idsTo(300);
    await publishAll(
      publisher,
      ids.map((id) => toEmail(world, id)),
    );
    assert.deepEqual(idsOf(await takeAll(world, broker, emailQueue(world), 300)), ids);
  },

  'of many messages that leave together exactly those without a queue come back': async (world) => {
    const broker = await emailBroker(world);
    const messages = idsTo(100).map((id, i) => toEmail(world, id, i % 10 === 3 ? { routingKey: 'nowhere' } : {}));
    const failures = await publishAll(broker.publisher(), messages);
    const wanted = messages.map((message) => (message.routingKey === 'nowhere' ? 'returned' : undefined));
    assert.deepEqual(kindsOf(failures), wanted);
    await takeAll(world, broker, emailQueue(world), 90);
  },

  'returns are told apart without message ids': async (world) => {
    const broker = await emailBroker(world);
    const keys = ['email.a', 'nowhere', 'email.b', 'nowhere', 'nowhere', 'email.c'];
    const messages = keys.map((routingKey) => toEmail(world, 'none', { routingKey, messageId: undefined }));
    const failures = await publishAll(broker.publisher(), messages);
    assert.deepEqual(kindsOf(failures), [undefined, 'returned', undefined, 'returned', 'returned', undefined]);
  },

  'a message that is not mandatory and has no queue is confirmed and gone': async (world) => {
    const broker = await emailBroker(world);
    const stray = toEmail(world, 'm1', { routingKey: 'nowhere', mandatory: false });
    assert.equal(await publish(broker.publisher(), stray), undefined);
    await depthIs(world, broker, world.names.stray, 0);
  },

  'a full queue nacks, and keeps exactly what it confirmed': async (world) => {
    const queue = `${world.names.prefix}.small`;
    const broker = await world.connect();
    await broker.apply({
      exchanges: [],
      queues: [quorumQueue(queue, { 'x-max-length': 3, 'x-overflow': 'reject-publish' })],
      bindings: [],
    });
    const publisher = broker.publisher();
    const confirmed: string[] = [];
    let nacked = 0;
    // A quorum queue may take some more than its limit before its publishers hear of it.
    for (let n = 1; nacked < 3 && n <= 2_000; n += 1) {
      const failure = await publish(publisher, outgoing({ exchange: '', routingKey: queue, messageId: `m${n}` }));
      if (!failure) confirmed.push(`m${n}`);
      else if (failure.kind === 'nacked') nacked += 1;
      else assert.fail(`unexpected ${failure.kind}: ${failure.reason}`);
    }
    assert.equal(nacked, 3);
    assert.deepEqual(idsOf(await takeAll(world, broker, queue, confirmed.length)), confirmed);
  },

  'a message that cannot be put on the wire fails alone': async (world) => {
    const broker = await emailBroker(world);
    const failures = await publishAll(broker.publisher(), [
      toEmail(world, 'm1'),
      toEmail(world, 'm2', { headers: { large: 'x'.repeat(70_000) } }),
      toEmail(world, 'm3'),
      toEmail(world, 'm4', { routingKey: `email.${'x'.repeat(300)}` }),
      toEmail(world, 'm5'),
    ]);
    assert.deepEqual(kindsOf(failures), [undefined, 'unsendable', undefined, 'unsendable', undefined]);
    assert.deepEqual(idsOf(await takeAll(world, broker, emailQueue(world), 3)), ['m1', 'm3', 'm5']);
  },

  'an exchange that does not exist fails its message, not those that come later': async (world) => {
    const broker = await emailBroker(world);
    const publisher = broker.publisher();
    const lost = await publish(publisher, toEmail(world, 'm1', { exchange: `${world.names.prefix}.missing` }));
    assert.ok(lost, 'it was not confirmed');
    assert.equal(await publish(publisher, toEmail(world, 'm2')), undefined);
    assert.deepEqual(idsOf(await takeAll(world, broker, emailQueue(world), 1)), ['m2']);
  },

  'what is published while the broker is away is sent in order when it is back': async (world) => {
    const broker = await emailBroker(world);
    const publisher = broker.publisher({ deadlineMs: Infinity });
    await world.goAway();
    const ids = idsTo(50);
    const outcomes = publishAll(
      publisher,
      ids.map((id) => toEmail(world, id)),
    );
    assert.equal(publisher.pending, 50);
    await world.comeBack();
    await until(world, 'all confirms', () => publisher.pending === 0);
    assert.deepEqual(new Set(await outcomes), new Set([undefined]));
    assert.deepEqual(idsOf(await takeAll(world, broker, emailQueue(world), 50)), ids);
  },

  'a full buffer refuses, and says when it has room again': async (world) => {
    const broker = await emailBroker(world);
    const publisher = broker.publisher({ bufferMessages: 3, deadlineMs: Infinity });
    await world.goAway();
    const outcomes = publishAll(
      publisher,
      idsTo(5).map((id) => toEmail(world, id)),
    );
    let room = false;
    void publisher.whenRoom().then(() => (room = true));
    await until(world, 'two refusals', () => publisher.pending === 3);
    assert.equal(room, false);
    await world.comeBack();
    await until(world, 'room', () => room);
    assert.deepEqual(kindsOf(await outcomes), [undefined, undefined, undefined, 'full', 'full']);
    assert.deepEqual(idsOf(await takeAll(world, broker, emailQueue(world), 3)), ['m1', 'm2', 'm3']);
  },

  'a buffer is full by bytes too': async (world) => {
    const broker = await emailBroker(world);
    const publisher = broker.publisher({ bufferBytes: 1_000, deadlineMs: Infinity });
    await world.goAway();
    const outcomes = publishAll(
      publisher,
      idsTo(3).map((id) => toEmail(world, id, { body: Buffer.alloc(450) })),
    );
    await until(world, 'a refusal', () => publisher.pending === 2);
    await world.comeBack();
    await until(world, 'the confirms', () => publisher.pending === 0);
    assert.deepEqual(kindsOf(await outcomes), [undefined, undefined, 'full']);
  },

  'a message that could not be sent by its deadline is never sent': async (world) => {
    const broker = await emailBroker(world);
    const publisher = broker.publisher({ deadlineMs: 100 });
    await world.goAway();
    const outcome = publish(publisher, toEmail(world, 'm1'));
    await until(world, 'its end', () => publisher.pending === 0);
    assert.equal((await outcome)?.kind, 'expired');
    await world.comeBack();
    await until(world, 'the broker', () => broker.state.name === 'connected');
    assert.equal(await publish(broker.publisher(), toEmail(world, 'm2')), undefined);
    assert.deepEqual(idsOf(await takeAll(world, broker, emailQueue(world), 1)), ['m2']);
  },

  'closing waits for what is pending and takes nothing new': async (world) => {
    const broker = await emailBroker(world);
    const publisher = broker.publisher();
    const outcomes = publishAll(
      publisher,
      idsTo(20).map((id) => toEmail(world, id)),
    );
    const closed = publisher.close(10_000);
    assert.equal((await publish(publisher, toEmail(world, 'late')))?.kind, 'stopped');
    await closed;
    assert.deepEqual(new Set(await outcomes), new Set([undefined]));
    await publisher.close(10_000);
    await takeAll(world, broker, emailQueue(world), 20);
  },

  'closing gives up at its deadline what was never sent': async (world) => {
    const broker = await emailBroker(world);
    const publisher = broker.publisher({ deadlineMs: Infinity });
    await world.goAway();
    const outcomes = publishAll(
      publisher,
      idsTo(3).map((id) => toEmail(world, id)),
    );
    let closed = false;
    void publisher.close(100).then(() => (closed = true));
    await until(world, 'the end of closing', () => closed);
    assert.deepEqual(kindsOf(await outcomes), ['stopped', 'stopped', 'stopped']);
    await world.comeBack();
    await until(world, 'the broker', () => broker.state.name === 'connected');
    await depthIs(world, broker, emailQueue(world), 0);
  },

  'a lost connection ends every message once, and what was confirmed is stored': async (world) => {
    const broker = await emailBroker(world);
    const publisher = broker.publisher({ window: 50, deadlineMs: Infinity });
    const ids = idsTo(400);
    const ended: string[] = [];
    const failed = new Map<string, string>();
    for (const id of ids) {
      publisher.publish(toEmail(world, id), (failure) => {
        ended.push(id);
        if (failure) failed.set(id, failure.kind);
      });
    }
    await until(world, 'the first confirms', () => ended.length > 0);
    await world.dropConnections();
    await until(world, 'all outcomes', () => ended.length >= ids.length);
    assert.deepEqual([...ended].sort(), [...ids].sort());
    assert.ok(
      [...failed.values()].every((kind) => kind === 'unknown'),
      [...failed.values()].join(),
    );
    const stored = new Set(idsOf(await takeWhatThereIs(await world.connect(), emailQueue(world))));
    const missing = ids.filter((id) => !failed.has(id) && !stored.has(id));
    assert.deepEqual(missing, []);
  },
};
