import { z } from 'zod';
import { type Priority, defineJob } from '../../libs/jobs/src';
import { JobsWorld } from '../support/jobs-world';
import { sharedBroker } from '../support/private-broker';

const Task = defineJob({ type: 'rank.task', payload: z.object({ level: z.string() }) });

describe('priorities', () => {
  let world: JobsWorld;
  beforeEach(() => {
    world = new JobsWorld(sharedBroker().url);
  });
  afterEach(() => world.stop());

  async function fill(levels: Priority[]) {
    const client = await world.client([Task]);
    const { failures } = await client.addMany(
      Task,
      levels.map((level) => ({ payload: { level }, options: { priority: level } })),
    );
    expect(failures).toEqual([]);
  }

  it('strict: whatever was added first, the highest level that waits starts next', async () => {
    await fill(['low', 'normal', 'high', 'critical', 'low', 'normal', 'high', 'critical']);
    const order: string[] = [];
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const { worker, witness } = await world.worker(
      (handlers) =>
        handlers.register(Task, async ({ level }) => {
          order.push(level);
          await gate; // The first to arrive holds the only slot until all levels have delivered.
        }),
      { queues: { rank: { concurrency: 1, prefetch: 10 } } },
    );
    await world.heldBy(worker, 7);
    open();
    await witness.waitFor('completed', 8);
    const rest = order.slice(1);
    expect(rest).toEqual([...rest].sort((a, b) => RANK.indexOf(a) - RANK.indexOf(b)));
  });

  it('weighted: a stream of high work does not starve the low for ever', async () => {
    await fill([...Array<Priority>(30).fill('critical'), ...Array<Priority>(3).fill('low')]);
    const order: string[] = [];
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const { worker, witness } = await world.worker(
      (handlers) =>
        handlers.register(Task, async ({ level }) => {
          order.push(level);
          await gate;
        }),
      { queues: { rank: { concurrency: 1, prefetch: 40, mode: 'weighted', weight: 5 } } },
    );
    await world.heldBy(worker, 32);
    open();
    await witness.waitFor('completed', 33);
    expect(order.slice(0, 20).filter((level) => level === 'low')).toHaveLength(3);
  });

  it('low work runs when nothing else waits', async () => {
    await fill(['low']);
    const { witness } = await world.worker((handlers) => handlers.register(Task, ({ level }) => level));
    const [completed] = await witness.waitFor('completed');
    expect(completed?.result).toBe('"low"');
  });

  it('no more jobs run at a time than the queue allows, nor of one type than its handler allows', async () => {
    const Narrow = defineJob({ type: 'rank.narrow', payload: z.object({}) });
    const client = await world.client([Task, Narrow]);
    const running = { all: 0, narrow: 0 };
    const most = { all: 0, narrow: 0 };
    const work = async (narrow: 0 | 1): Promise<void> => {
      running.all += 1;
      running.narrow += narrow;
      most.all = Math.max(most.all, running.all);
      most.narrow = Math.max(most.narrow, running.narrow);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running.all -= 1;
      running.narrow -= narrow;
    };
    const { witness } = await world.worker(
      (handlers) => {
        handlers.register(Task, () => work(0));
        handlers.register(Narrow, () => work(1), { concurrency: 2 });
      },
      { queues: { rank: { concurrency: 4 } } },
    );
    await client.addMany(
      Narrow,
      Array.from({ length: 20 }, () => ({ payload: {} })),
    );
    await client.addMany(
      Task,
      Array.from({ length: 20 }, () => ({ payload: { level: 'normal' } })),
    );
    await witness.waitFor('completed', 40);
    expect(most).toEqual({ all: 4, narrow: 2 });
  });
});

const RANK = ['critical', 'high', 'normal', 'low'];
