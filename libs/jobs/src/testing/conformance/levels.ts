import assert from 'node:assert/strict';
import type { Promises } from '../../broker/conformance/promises';
import type { Priority } from '../../contracts/job-type';
import type { QueueOptions } from '../../worker/worker-options';
import { Gate, type JobsStage, type StartedWorker, TASKS, Task, payloads } from './jobs-stage';

/** A worker of one slot that is busy until the gate opens; it notes the level of each job it starts then. */
async function busyWorker(
  stage: JobsStage,
  options: QueueOptions,
): Promise<{ order: Priority[]; gate: Gate; started: StartedWorker }> {
  const gate = new Gate();
  const order: Priority[] = [];
  let runs = 0;
  const handle = async ({ n }: { n: number }, { priority }: { priority: Priority }): Promise<void> => {
    runs += 1;
    if (n === -1) return gate.opened;
    order.push(priority);
  };
  const started = await stage.tasks(handle, { queues: { [TASKS]: { concurrency: 1, prefetch: 50, ...options } } });
  await (await stage.client()).add(Task, { n: -1 }, { priority: 'critical' });
  await stage.until('a busy slot', () => runs === 1);
  return { order, gate, started };
}

async function add(stage: JobsStage, levels: Priority[]): Promise<void> {
  const client = await stage.client();
  const { failures } = await client.addMany(
    Task,
    levels.map((priority) => ({ payload: { n: 1 }, options: { priority } })),
  );
  assert.deepEqual(failures, []);
}

export const levels: Promises<JobsStage> = {
  'strict: whatever was added first, the highest level that waits starts next': async (stage) => {
    const { order, gate, started } = await busyWorker(stage, {});
    await add(stage, ['low', 'normal', 'high', 'critical', 'low', 'normal', 'high', 'critical']);
    await stage.until('eight held jobs', () => started.worker.held === 8);
    gate.open();
    await stage.until('all runs', () => order.length === 8);
    assert.deepEqual(order, ['critical', 'critical', 'high', 'high', 'normal', 'normal', 'low', 'low']);
  },

  'weighted: every so many starts the lowest level has its turn': async (stage) => {
    const { order, gate, started } = await busyWorker(stage, { mode: 'weighted', weight: 4 });
    await add(stage, [...Array<Priority>(12).fill('high'), 'low', 'low', 'low']);
    await stage.until('fifteen held jobs', () => started.worker.held === 15);
    gate.open();
    await stage.until('all runs', () => order.length === 15);
    const turns = order.flatMap((level, i) => (level === 'low' ? [i] : []));
    assert.deepEqual(
      turns.map((turn, i) => turn - (turns[i - 1] ?? turn - 4)),
      [4, 4, 4],
    );
  },

  'a critical job waits for one slot at most, however many low ones wait': async (stage) => {
    const { order, gate, started } = await busyWorker(stage, { prefetch: 20 });
    await add(stage, Array<Priority>(100).fill('low'));
    await stage.until('twenty held jobs', () => started.worker.held === 20);
    await add(stage, ['critical']);
    await stage.until('the critical one', () => started.worker.held === 21);
    gate.open();
    await stage.until('all runs', () => order.length === 101);
    assert.equal(order.indexOf('critical'), 0);
  },

  'no more jobs run at a time than the queue allows': async (stage) => {
    let [running, most] = [0, 0];
    const { witness } = await stage.tasks(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => void stage.world.clock.after(20, resolve));
        running -= 1;
      },
      { queues: { [TASKS]: { concurrency: 3 } } },
    );
    await (await stage.client()).addMany(Task, payloads(30));
    await stage.stated(witness, 'completed', 30);
    assert.equal(most, 3);
  },
};
