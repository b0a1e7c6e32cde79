import { randomUUID } from 'node:crypto';
import { defineJob } from '../../libs/jobs/src';
import { PROBE_MESSAGE_TYPE } from '../../libs/jobs/src/wire';
import { z } from 'zod';
import { JobsWorld } from '../support/jobs-world';
import { sharedBroker } from '../support/private-broker';
import { recordsOf } from '../support/records';
import { until } from '../support/until';

const Slow = defineJob({ type: 'probed.slow', payload: z.object({}) });

describe('a marker in a work queue', () => {
  let world: JobsWorld;
  beforeEach(() => {
    world = new JobsWorld(sharedBroker().url);
  });
  afterEach(() => world.stop());

  test('is reported with all that the worker holds of the queue, and takes no slot', async () => {
    const records = await recordsOf(world);
    const client = await world.client([Slow]);
    let end: () => void = () => undefined;
    const blocked = new Promise<void>((resolve) => (end = resolve));
    const { witness } = await world.worker((handlers) => handlers.register(Slow, () => blocked), {
      queues: { probed: { concurrency: 1, prefetch: 10 } },
    });
    const ids = await Promise.all([1, 2, 3].map(async () => (await client.add(Slow, {})).id));
    await witness.waitFor('started');
    const broker = await world.broker();
    const probe = randomUUID();
    await new Promise((resolve) =>
      broker.publisher().publish(
        {
          ...{ exchange: world.names.direct('normal'), routingKey: 'probed', body: Buffer.alloc(0), mandatory: true },
          ...{ messageId: probe, type: PROBE_MESSAGE_TYPE },
        },
        resolve,
      ),
    );
    const reports = await until('a report', async () => {
      const found = (await records.read()).filter(({ event }) => event === 'queue.probed');
      return found.length > 0 && found;
    });
    end();
    expect(reports).toEqual([
      expect.objectContaining({ queue: 'probed', priority: 'normal', probe, held: expect.any(Array) }),
    ]);
    expect([...(reports[0] as unknown as { held: string[] }).held].sort()).toEqual([...ids].sort());
    await witness.waitFor('completed', 3);
    expect(await broker.depth(world.names.work('probed', 'normal'))).toMatchObject({ messages: 0 });
    expect(await broker.depth(world.names.dead('probed'))).toMatchObject({ messages: 0 });
  });
});
