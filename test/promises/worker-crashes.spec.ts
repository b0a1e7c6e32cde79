import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { defineJob } from '../../libs/jobs/src';
import { JobsWorld, Witness } from '../support/jobs-world';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';
import { exited, linesOf, spawnWorker } from '../support/worker-process';

const Innocent = defineJob({
  type: 'crash.innocent',
  payload: z.object({ number: z.number(), takesMs: z.number().optional() }),
});
const Killer = defineJob({ type: 'crash.killer', payload: z.object({}) });

describe('a worker that dies', () => {
  let world: JobsWorld;
  let folder: string;
  const log = (): string => join(folder, 'log');
  const ended = (): Set<string> => new Set(linesOf(log()).filter((line) => line.startsWith('end ')));
  const spawn = (more = {}) =>
    spawnWorker({ url: sharedBroker().url, prefix: world.names.prefix, log: log(), ...more });

  beforeEach(() => {
    world = new JobsWorld(sharedBroker().url, `t${randomBytes(4).toString('hex')}`);
    folder = mkdtempSync(join(tmpdir(), 'scutwork-crash-'));
  });
  afterEach(async () => {
    await world.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('gives its jobs back: another worker runs them at once', async () => {
    const client = await world.client([Innocent]);
    const first = spawn();
    await client.addMany(
      Innocent,
      Array.from({ length: 20 }, (_, number) => ({ payload: { number, takesMs: 300 } })),
    );
    await until('jobs running', () => linesOf(log()).filter((line) => line.startsWith('start ')).length >= 5);
    first.kill('SIGKILL');
    await exited(first);
    const second = spawn();
    await until('all jobs ended', () => ended().size === 20);
    second.kill('SIGTERM');
    await expect(exited(second)).resolves.toBe(0);
  });

  it('because of one job: that job is dead after three deaths of its own, its 100 neighbours complete', async () => {
    const client = await world.client([Innocent, Killer]);
    const broker = await world.broker();
    const jobs = Array.from({ length: 100 }, (_, number) => ({ payload: { number } }));
    await client.addMany(Innocent, jobs.slice(0, 50));
    const { id } = await client.add(Killer, {});
    await client.addMany(Innocent, jobs.slice(50));

    let crashes = 0;
    let stopping = false;
    const keepRunning = async (): Promise<void> => {
      while (!stopping) {
        const child = spawn({ concurrency: 5, prefetch: 20 });
        void until('the test to end', () => stopping, 60_000).then(() => child.kill('SIGTERM'));
        if ((await exited(child)) === 'SIGKILL') crashes += 1;
      }
    };
    const running = keepRunning();
    const letter = await until('the dead letter', () => broker.pull(world.names.dead('crash')), 50_000);
    await until('all neighbours ended', () => ended().size === 100);
    stopping = true;
    await running;

    expect(letter.message).toMatchObject({ messageId: id, headers: { 'x-job-dead-reason': 'poison' } });
    // Three times among its neighbours, which makes them all suspects, and three times alone, which convicts it.
    expect(crashes).toBe(6);
    expect(linesOf(log()).filter((line) => line === 'killer')).toHaveLength(6);
    await expect(broker.depth(world.names.dead('crash'))).resolves.toMatchObject({ messages: 0 });
    letter.ack();
  });

  it('by SIGTERM lets running jobs end, starts no other, and loses none', async () => {
    const client = await world.client([Innocent]);
    const first = spawn({ concurrency: 2, prefetch: 10 });
    await client.addMany(
      Innocent,
      Array.from({ length: 12 }, (_, number) => ({ payload: { number, takesMs: 400 } })),
    );
    await until('jobs running', () => linesOf(log()).filter((line) => line.startsWith('start ')).length === 2);
    first.kill('SIGTERM');
    await expect(exited(first)).resolves.toBe(0);
    const lines = linesOf(log());
    expect(lines.filter((line) => line.startsWith('start '))).toHaveLength(2);
    expect(lines.filter((line) => line.startsWith('end '))).toHaveLength(2);
    const witness = new Witness();
    const broker = await world.broker(witness);
    await until(
      'the rest back in its queue',
      async () => (await broker.depth(world.names.work('crash', 'normal')))?.messages === 10,
    );
  });
});
