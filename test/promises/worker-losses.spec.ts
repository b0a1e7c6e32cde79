import { z } from 'zod';
import { defineJob } from '../../libs/jobs/src';
import type { PrivateRabbitMq } from '../../libs/local/src';
import { JobsWorld } from '../support/jobs-world';
import { startOwnBroker } from '../support/private-broker';
import { until } from '../support/until';

const Task = defineJob({
  type: 'loss.task',
  payload: z.object({ n: z.number() }),
  backoff: { type: 'fixed', delay: 100 },
});

/** Two seconds of holding a delivery are too long for this broker, and it looks every second. */
const IMPATIENT = '[{rabbit, [{consumer_timeout, 2000}, {channel_tick_interval, 1000}]}].';

describe('a connection or a channel that is lost under running jobs', () => {
  let broker: PrivateRabbitMq;
  let world: JobsWorld;
  beforeAll(async () => {
    broker = await startOwnBroker({ advancedConf: IMPATIENT });
  });
  afterAll(() => broker.stop());
  beforeEach(() => {
    world = new JobsWorld(broker.url);
  });
  afterEach(() => world.stop());

  /** A worker whose jobs end when the test says so. */
  async function gated(handle: (n: number, attempt: number) => unknown = (n) => n) {
    const runs: number[] = [];
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const started = await world.worker(
      (handlers) =>
        handlers.register(Task, async ({ n }, context) => {
          runs.push(n);
          await gate;
          return handle(n, context.attempt);
        }),
      { queues: { loss: { concurrency: 10 } } },
    );
    return { ...started, runs, open };
  }

  it('the redelivery of a job that still runs takes over that run: it runs once and completes', async () => {
    const client = await world.client([Task]);
    const { witness, worker, broker: connection, runs, open } = await gated();
    await client.addMany(
      Task,
      [1, 2, 3, 4, 5].map((n) => ({ payload: { n } })),
    );
    await until('five running jobs', () => runs.length === 5);
    await broker.ctl('close_all_connections', 'a test');
    await until('the consumers back', () => worker.consuming());
    open();
    await witness.waitFor('completed', 5);
    await until(
      'an empty queue',
      async () => (await connection.depth(world.names.work('loss', 'normal')))?.messages === 0,
    );
    await worker.stop({ deadlineMs: 2_000 });
    expect([...runs].sort()).toEqual([1, 2, 3, 4, 5]);
    await expect(connection.depth(world.names.work('loss', 'normal'))).resolves.toMatchObject({ messages: 0 });
  });

  it('a failure decided while the connection was away is retried once, not forked', async () => {
    const client = await world.client([Task]);
    const { witness, worker, runs, open } = await gated((n, attempt) => {
      if (attempt === 1) throw new Error('first');
      return n;
    });
    await client.add(Task, { n: 1 });
    await until('a running job', () => runs.length === 1);
    await broker.ctl('close_all_connections', 'a test');
    open();
    await witness.waitFor('completed');
    await until('the consumers back', () => worker.consuming());
    await worker.stop({ deadlineMs: 2_000 });
    expect(witness.all('completed')).toHaveLength(1);
    expect(runs).toHaveLength(2);
  });

  it('the consumer timeout of the broker closes the channel, not the job: it runs once, its ack arrives', async () => {
    const client = await world.client([Task]);
    const { witness, worker, broker: connection, runs, open } = await gated();
    await client.add(Task, { n: 1 });
    await until('a running job', () => runs.length === 1);
    await until('the channel closed by the broker', () =>
      witness.all('channel.closed').some((event) => /timeout|acknowledg/i.test(event.reason)),
    );
    await until('the consumers back', () => worker.consuming());
    open();
    await witness.waitFor('completed');
    await worker.stop({ deadlineMs: 2_000 });
    expect(runs).toEqual([1]);
    await expect(connection.depth(world.names.work('loss', 'normal'))).resolves.toMatchObject({ messages: 0 });
  });

  it('a queue whose jobs may outlive the consumer timeout is refused, saying what to set', async () => {
    const Long = defineJob({ type: 'loss.long', payload: z.object({}), timeout: '1h' });
    await expect(world.worker((handlers) => handlers.register(Long, () => undefined))).rejects.toMatchObject({
      code: 'consumer_timeout_too_short',
      message: expect.stringContaining('loss.long'),
      hint: expect.stringContaining('consumer_timeout'),
    });
  });

  it('a queue whose jobs may run longer than a third of it fetches nothing ahead', async () => {
    const Long = defineJob({ type: 'loss.slow', payload: z.object({ n: z.number() }), timeout: '20m' });
    const client = await world.client([Long]);
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const {
      witness,
      worker,
      broker: connection,
    } = await world.worker((handlers) => handlers.register(Long, () => gate), {
      queues: { loss: { concurrency: 2, prefetch: 50 } },
    });
    await client.addMany(
      Long,
      [1, 2, 3, 4, 5].map((n) => ({ payload: { n } })),
    );
    await witness.waitFor('started', 2);
    expect(worker.held).toBe(0);
    await expect(connection.depth(world.names.work('loss', 'normal'))).resolves.toMatchObject({ messages: 3 });
    open();
    await witness.waitFor('completed', 5);
  });
});

describe('a broker that is killed', () => {
  it('comes back and every job is run, those that were waiting and those that were retrying', async () => {
    const broker = await startOwnBroker();
    const world = new JobsWorld(broker.url);
    try {
      const client = await world.client([Task]);
      const failedOnce = new Set<number>();
      const { witness } = await world.worker(
        (handlers) =>
          handlers.register(Task, ({ n }) => {
            if (n % 3 === 0 && !failedOnce.has(n)) {
              failedOnce.add(n);
              throw new Error('once');
            }
          }),
        { queues: { loss: { concurrency: 2 } } },
      );
      const { failures, ids } = await client.addMany(
        Task,
        Array.from({ length: 300 }, (_, n) => ({ payload: { n }, options: { backoff: '1s' } })),
      );
      expect(failures).toEqual([]);
      await witness.waitFor('retrying', 5);
      await broker.kill();
      await broker.restart();
      await until(
        'all jobs completed',
        () => new Set(witness.all('completed').map((event) => event.id)).size === 300,
        50_000,
      );
      expect(new Set(witness.all('completed').map((event) => event.id))).toEqual(new Set(ids));
    } finally {
      await world.stop();
      await broker.stop();
    }
  });
});
