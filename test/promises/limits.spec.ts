import { z } from 'zod';
import { type JobsClient, defineJob } from '../../libs/jobs/src';
import { type PrivateRabbitMq } from '../../libs/local/src';
import { JobsWorld, Witness } from '../support/jobs-world';
import { startOwnBroker } from '../support/private-broker';
import { recordsOf } from '../support/records';
import { until } from '../support/until';

const MIB = 1024 * 1024;
const Anything = defineJob({ type: 'any.thing', payload: z.object({ text: z.string() }), attempts: 1 });
const text = (bytes: number) => ({ text: 'x'.repeat(bytes) });

/** What happens where something is at its end. docs/reference/limits.md has the list. */
describe('at a limit', () => {
  let broker: PrivateRabbitMq;
  let world: JobsWorld;

  beforeAll(async () => {
    broker = await startOwnBroker({ extraConf: `max_message_size = ${20 * MIB}` });
  });
  beforeEach(() => {
    world = new JobsWorld(broker.url);
  });
  afterEach(() => world.stop());
  afterAll(() => broker.stop());

  describe('a payload', () => {
    const failureOf = (client: JobsClient, bytes: number) =>
      client.add(Anything, text(bytes)).then(
        () => undefined,
        (error: unknown) => error,
      );

    it('that is larger than the limit is refused before it is sent, with both sizes', async () => {
      const client = await world.client([Anything]);
      expect(await failureOf(client, 16 * MIB)).toMatchObject({
        code: 'payload_too_large',
        message: `The payload of any.thing has ${16 * MIB + 11} bytes of JSON; ${MIB} are the most`,
        field: 'payload',
      });
    });

    it('of 16 MiB runs where that was allowed', async () => {
      const sizes: number[] = [];
      const { witness } = await world.worker((handlers) =>
        handlers.register(Anything, (p) => void sizes.push(p.text.length)),
      );
      const client = await world.client([Anything], { maxPayloadBytes: 64 * MIB });
      await client.add(Anything, text(16 * MIB));
      await witness.waitFor('completed');
      expect(sizes).toEqual([16 * MIB]);
    });

    it('that the broker does not take is refused with its limit; what was sent with it is not lost', async () => {
      const client = await world.client([Anything], { maxPayloadBytes: 64 * MIB });
      const add = (id: string) => client.add(Anything, text(10), { id });
      const ids = Array.from({ length: 50 }, (_, n) => `small-${n}`);
      const small = Promise.allSettled(ids.map(add));
      const refused = {
        ...{ code: 'payload_too_large', outcome: 'refused' },
        message: expect.stringContaining(`the broker takes ${20 * MIB} (max_message_size)`),
      };
      expect(await failureOf(client, 24 * MIB)).toMatchObject(refused);
      // Their confirms went with the channel; who adds them again by their ids is safe.
      for (const [n, result] of (await small).entries()) {
        if (result.status === 'fulfilled') continue;
        expect(result.reason).toMatchObject({ outcome: 'unknown' });
        await add(ids[n] ?? '');
      }
      // From then on the limit is known here, and costs nobody a channel.
      const beside = ids.map(add);
      expect(await failureOf(client, 24 * MIB)).toMatchObject(refused);
      await Promise.all(beside);
    });
  });

  it('one worker runs 10,000 jobs at once, and its heartbeat names them all', async () => {
    const queues = ['q1', 'q2', 'q3', 'q4', 'q5'];
    const jobs = queues.map((queue) => defineJob({ type: `${queue}.hold`, payload: z.object({}), timeout: '5m' }));
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let running = 0;
    const { witness } = await world.worker(
      (handlers) => {
        for (const job of jobs)
          handlers.register(job, () => {
            running += 1;
            return held;
          });
      },
      { concurrency: 2_000, name: 'large' },
    );
    const records = await recordsOf(world);
    const client = await world.client(jobs);
    await Promise.all(
      jobs.map((job) =>
        client.addMany(
          job,
          Array.from({ length: 2_000 }, () => ({ payload: {} })),
        ),
      ),
    );
    await until('10,000 running jobs', () => running === 10_000);
    const seen = await until('a heartbeat of all of them', async () =>
      ((await records.read()) as { event: string; running?: string[] }[]).find(
        ({ running: ids }) => ids?.length === 10_000,
      ),
    );
    expect(JSON.stringify(seen).length).toBeLessThan(512 * 1024);
    letGo();
    await witness.waitFor('completed', 10_000);
  });

  it('more than 2,000 of one queue are refused when the worker is made, and more workers are named', async () => {
    await expect(
      world.worker((handlers) => handlers.register(Anything, () => undefined), { concurrency: 10_000 }),
    ).rejects.toThrow('queues.any.concurrency: 10000 is not a whole number from 1 to 2000');
  });

  it('a handler that blocks its process past the heartbeat loses the connection, not the job, and it is told', async () => {
    const attempts: number[] = [];
    const blocks = (ms: number) => {
      for (const end = Date.now() + ms; Date.now() < end;);
    };
    const told = new Witness();
    const connection = await world.broker(told, 1);
    const { witness } = await world.worker(
      (handlers) =>
        handlers.register(Anything, (_, { attempt }) => {
          attempts.push(attempt);
          if (attempts.length === 1) blocks(5_000);
        }),
      { broker: connection },
    );
    const client = await world.client([Anything]);
    await client.add(Anything, text(1));
    await witness.waitFor('completed');
    await client.add(Anything, text(2));
    await witness.waitFor('completed', 2);
    await until(
      'an empty queue',
      async () => (await connection.depth(world.names.work('any', 'normal')))?.messages === 0,
    );
    // The broker gave it back as it was, so it is the same attempt, run again or taken over.
    expect(new Set(attempts)).toEqual(new Set([1]));
    expect(told.all('broker.disconnected')).not.toEqual([]);
  });
});
