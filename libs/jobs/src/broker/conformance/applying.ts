import assert from 'node:assert/strict';
import { depthIs, emailBroker, emailQueue, quorumQueue, refusalOf, smallPlan, store, toEmail } from './port';
import type { Promises } from './promises';
import type { BrokerTestWorld } from './world';

export const applying: Promises<BrokerTestWorld> = {
  'applying again, by anyone, changes nothing and loses nothing': async (world) => {
    const broker = await emailBroker(world);
    await store(broker, [toEmail(world, 'm1')]);
    await broker.apply(smallPlan(world.names, ['email']));
    const other = await world.connect();
    await other.apply(smallPlan(world.names, ['email', 'report']));
    await depthIs(world, other, emailQueue(world), 1);
    await depthIs(world, other, world.names.work('report', 'low'), 0);
  },

  'a queue that would lose dead letters is refused, with its name, the argument, the wanted and the found': async (
    world,
  ) => {
    const queue = `${world.names.prefix}.other`;
    const broker = await world.connect();
    const found = quorumQueue(queue, { 'x-dead-letter-exchange': 'found-exchange' });
    const wanted = quorumQueue(queue, { 'x-dead-letter-exchange': 'wanted-exchange' });
    await broker.apply({ exchanges: [], queues: [found], bindings: [] });
    const error = await refusalOf(broker.apply({ exchanges: [], queues: [wanted], bindings: [] }));
    assert.deepEqual([error.code, error.field], ['topology_mismatch', queue]);
    assert.ok(error.hint);
    for (const part of [queue, 'x-dead-letter-exchange', 'found-exchange', 'wanted-exchange']) {
      assert.ok(error.message.includes(part), `${error.message} names ${part}`);
    }
    await store(broker, [{ exchange: '', routingKey: queue, body: Buffer.from('{}'), mandatory: true }]);
  },
};
