import { z } from 'zod';
import { memoryWorld } from '../broker/memory/memory-broker';
import { JobsClient } from '../client/jobs-client';
import { defineJob } from '../contracts/define-job';
import { UnrecoverableError } from '../contracts/errors';
import type { ScutworkEvent } from '../contracts/job-events';
import { EventBus } from '../events/event-bus';
import { Handlers } from './handlers';
import { Worker } from './worker';

const Greet = defineJob({
  type: 'greet.person',
  payload: z.object({ name: z.string() }),
  backoff: { type: 'fixed', delay: 0 },
});

async function setUp(handlers: Handlers) {
  const world = memoryWorld();
  const events = new EventBus();
  const seen: ScutworkEvent[] = [];
  events.onAny((event) => seen.push(event));
  const client = new JobsClient({ broker: world.connect(), jobs: [Greet] });
  const worker = new Worker({ broker: world.connect(), handlers, events });
  await client.start();
  await client.ensureTopology();
  await worker.start();
  const until = (name: ScutworkEvent['event']): Promise<ScutworkEvent> =>
    new Promise((resolve) => {
      const found = seen.find((event) => event.event === name);
      if (found) return resolve(found);
      const off = events.onAny((event) => {
        if (event.event !== name) return;
        off();
        resolve(event);
      });
    });
  const stop = async (): Promise<void> => {
    await client.stop({ deadlineMs: 1_000 });
    await worker.stop({ deadlineMs: 1_000 });
  };
  return { world, client, worker, seen, until, stop };
}

describe('a worker', () => {
  it('runs the handler with the payload and tells the result', async () => {
    const handlers = new Handlers();
    handlers.register(Greet, ({ name }) => `hello ${name}`);
    const { client, until, stop } = await setUp(handlers);
    const { id } = await client.add(Greet, { name: 'Ada' });
    await expect(until('completed')).resolves.toMatchObject({ id, attempt: 1, result: '"hello Ada"' });
    await stop();
  });

  it('tries again after a failure, and gives up after the last attempt', async () => {
    const handlers = new Handlers();
    let calls = 0;
    handlers.register(Greet, () => {
      calls++;
      throw new Error('no');
    });
    const { client, until, stop } = await setUp(handlers);
    await client.add(Greet, { name: 'Ada' }, { attempts: 2 });
    await expect(until('dead')).resolves.toMatchObject({ attempt: 2, reason: 'attempts_exhausted' });
    expect(calls).toBe(2);
    await stop();
  });

  it('gives up at once when the error says so', async () => {
    const handlers = new Handlers();
    handlers.register(Greet, () => {
      throw new UnrecoverableError('closed');
    });
    const { client, until, stop } = await setUp(handlers);
    await client.add(Greet, { name: 'Ada' });
    await expect(until('dead')).resolves.toMatchObject({ attempt: 1, reason: 'unrecoverable' });
    await stop();
  });
});
