import { z } from 'zod';
import { type JobContext, defineJob, planLedger } from '../../libs/jobs/src';
import { JobsWorld } from '../support/jobs-world';
import { LedgerDesk, pauseOfQueue, revocation } from '../support/ledger-desk';
import { sharedBroker } from '../support/private-broker';
import { type TcpGate, gateTo } from '../support/tcp-gate';
import { until } from '../support/until';

const Task = defineJob({ type: 'cancel.task', payload: z.object({ n: z.number() }) });
const QUEUE = 'cancel';

describe('what the ledger has revoked', () => {
  let world: JobsWorld;
  let desk: LedgerDesk;
  let started: number[];
  beforeEach(async () => {
    world = new JobsWorld(sharedBroker().url);
    desk = await LedgerDesk.open(world);
    started = [];
  });
  afterEach(() => world.stop());

  const worker = (handle: (n: number, context: JobContext) => unknown = () => undefined, of = world) =>
    of.worker((handlers) =>
      handlers.register(Task, ({ n }, context) => {
        started.push(n);
        return handle(n, context);
      }),
    );
  const untilAborted = (_: number, { signal }: JobContext) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

  it('is not started: it is dropped and told as cancelled, and what is behind it is run', async () => {
    const client = await world.client([Task]);
    const { id } = await client.add(Task, { n: 1 });
    await client.add(Task, { n: 2 });
    await desk.set(revocation(id));
    const { witness, worker: stopped, broker } = await worker();
    await witness.waitFor('completed');
    expect(await witness.waitFor('cancelled')).toMatchObject([{ id, cancel: 'cancel', startedAt: undefined }]);
    expect(started).toEqual([2]);
    await until('its record', () => desk.told('cancelled').some((line) => line.id === id));
    await stopped.stop({ deadlineMs: 1_000 });
    await expect(broker.depth(world.names.work(QUEUE, 'normal'))).resolves.toMatchObject({ messages: 0 });
  });

  it('while it runs: its signal aborts, and it ends as cancelled, not as failed', async () => {
    const client = await world.client([Task]);
    const { witness } = await worker(untilAborted);
    const { id } = await client.add(Task, { n: 1 });
    await until('it to run', () => started.length === 1);
    await desk.set(revocation(id));
    expect(await witness.waitFor('cancelled')).toMatchObject([{ id, startedAt: expect.any(Number) }]);
    expect([witness.all('retrying'), witness.all('dead')]).toEqual([[], []]);
  });

  it('while it runs, and completes all the same: it is completed', async () => {
    const client = await world.client([Task]);
    const { witness } = await worker(async (n, context) => {
      await untilAborted(n, context).catch(() => undefined);
      return 'too late';
    });
    const { id } = await client.add(Task, { n: 1 });
    await until('it to run', () => started.length === 1);
    await desk.set(revocation(id));
    expect(await witness.waitFor('completed')).toMatchObject([{ id, result: '"too late"' }]);
    expect(witness.all('cancelled')).toEqual([]);
  });

  it('by a move is not stopped when it runs already', async () => {
    const client = await world.client([Task]);
    let end: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (end = resolve));
    const { witness } = await worker(async (n, { signal }) => {
      if (n === 1) await gate;
      return signal.aborted;
    });
    const { id } = await client.add(Task, { n: 1 });
    await until('it to run', () => started.length === 1);
    await desk.set(revocation(id, 'move'));
    await until('the version told', () => desk.told('worker.seen').some(({ controlVersion }) => controlVersion === 1));
    end();
    expect(await witness.waitFor('completed')).toMatchObject([{ id, result: 'false' }]);
  });

  it('by a move is dropped, and its later generation is run', async () => {
    const client = await world.client([Task]);
    const { id } = await client.add(Task, { n: 1 });
    await desk.set(revocation(id, 'move'));
    const { witness, broker } = await worker();
    expect(await witness.waitFor('cancelled')).toMatchObject([{ id, cancel: 'move', generation: 0 }]);
    broker.publisher().publish(
      {
        ...{ exchange: world.names.direct('high'), routingKey: QUEUE, mandatory: true, messageId: id, type: Task.type },
        ...{ body: Buffer.from('{"n":1}'), headers: { 'x-job-generation': 1 } },
      },
      () => undefined,
    );
    expect(await witness.waitFor('completed')).toMatchObject([{ id, generation: 1 }]);
    expect(started).toEqual([1]);
  });

  it('all at once: what was made before is dropped, what is made later is run', async () => {
    const client = await world.client([Task]);
    await client.addMany(
      Task,
      Array.from({ length: 20 }, (_, n) => ({ payload: { n } })),
    );
    const before = await until('the next millisecond', () => Date.now());
    await until('another millisecond', () => Date.now() > before + 1);
    await desk.set({ 'revoke-all:1': { kind: 'revoke-all', queue: QUEUE, before: before + 1 } });
    await client.add(Task, { n: 99 });
    const { witness } = await worker();
    await witness.waitFor('cancelled', 20);
    await witness.waitFor('completed');
    expect(started).toEqual([99]);
  });

  it('is known to be in force in well under a second, with what runs', async () => {
    const client = await world.client([Task]);
    const { witness, worker: one } = await worker(untilAborted);
    const { id } = await client.add(Task, { n: 1 });
    await until('it to run', () => started.length === 1);
    await until('a first heartbeat', () => desk.told('worker.seen').length > 0);
    const at = Date.now();
    await desk.set(pauseOfQueue('elsewhere'));
    const seen = await until('the version told', () =>
      desk.told('worker.seen').find(({ controlVersion }) => controlVersion === desk.version),
    );
    expect(Date.now() - at).toBeLessThan(1_000);
    expect(seen).toMatchObject({ running: [id], queues: [QUEUE], startedAt: expect.any(Number) });
    await desk.set(revocation(id));
    await witness.waitFor('cancelled');
    await one.stop({ deadlineMs: 1_000 });
    const last = await until('the last heartbeat', () => desk.told('worker.seen').find((s) => s.leaving));
    expect(last).toMatchObject({ running: [], held: 0, controlVersion: desk.version });
  });

  describe('while a worker was cut off', () => {
    let gate: TcpGate;
    let behind: JobsWorld;
    beforeEach(async () => {
      const gated = await gateTo(sharedBroker().url);
      gate = gated.gate;
      behind = new JobsWorld(gated.url, world.names.prefix);
    });
    afterEach(async () => {
      gate.open();
      await behind.stop();
      await gate.close();
    });

    it('is learnt before anything is started on the next connection', async () => {
      const client = await world.client([Task]);
      const { witness, broker } = await worker(undefined, behind);
      for (let round = 1; round <= 3; round++) {
        gate.shut();
        await until('the loss', () => broker.state.name === 'connecting');
        const { id } = await client.add(Task, { n: round });
        await client.add(Task, { n: 100 + round });
        await desk.set(revocation(id));
        gate.open();
        await witness.waitFor('completed', round);
        await witness.waitFor('cancelled', round);
        expect(witness.all('control.reached').at(-1)).toMatchObject({ version: desk.version });
      }
      expect(started).toEqual([101, 102, 103]);
    });
  });

  it('is found among thousands of others, in snapshots of many parts and in the changes since', async () => {
    const client = await world.client([Task]);
    const { ids } = await client.addMany(
      Task,
      Array.from({ length: 6 }, (_, n) => ({ payload: { n } })),
    );
    const others = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) =>
        revocation(`00000000-0000-7000-8000-${String(from + n).padStart(12, '0')}`),
      );
    await Promise.all([...others(0, 2_500), revocation(ids[0] ?? '')].map((entries) => desk.set(entries)));
    await desk.snapshot(100);
    await Promise.all([...others(2_500, 2_500), revocation(ids[1] ?? '')].map((entries) => desk.set(entries)));
    await desk.lift(`revoke:${ids[0]}`);
    await desk.beat();
    const { witness } = await worker();
    expect(witness.all('control.reached')).toMatchObject([{ version: desk.version }]);
    await witness.waitFor('completed', 5);
    expect(witness.all('cancelled')).toMatchObject([{ id: ids[1] }]);
    expect(started.toSorted()).toEqual([0, 2, 3, 4, 5]);
    await desk.snapshot(37);
    await desk.set(pauseOfQueue(QUEUE));
    await witness.waitFor('queue.paused');
  });

  it('survives messages that cannot be read: they are named, and the rest counts', async () => {
    const client = await world.client([Task]);
    const { id } = await client.add(Task, { n: 1 });
    await client.add(Task, { n: 2 });
    await desk.publish('no json');
    await desk.set(revocation(id));
    await desk.publish('{"kind":"delta","version":"x"}');
    const { witness } = await worker();
    await witness.waitFor('completed');
    await witness.waitFor('cancelled');
    await desk.publish('[]');
    await witness.waitFor('control.skipped', 3);
    expect(started).toEqual([2]);
  });
});

describe('where no ledger has ever run', () => {
  it('a worker starts at once, and nothing is there that somebody would have to read', async () => {
    const world = new JobsWorld(sharedBroker().url);
    try {
      const { witness, broker } = await world.worker((handlers) => handlers.register(Task, () => undefined));
      const client = await world.client([Task]);
      await client.add(Task, { n: 1 });
      await witness.waitFor('completed');
      expect(witness.seen.map(({ event }) => event).filter((event) => /^(control|lease)\./.test(event))).toEqual([]);
      await expect(broker.depth(world.names.control)).resolves.toBeUndefined();
    } finally {
      await world.stop();
    }
  });

  it('one that has declared its stream, and said nothing yet, holds up nobody for long', async () => {
    const world = new JobsWorld(sharedBroker().url);
    try {
      await (await world.broker()).apply(planLedger({ names: world.names }));
      const { witness } = await world.worker((handlers) => handlers.register(Task, () => undefined));
      await (await world.client([Task])).add(Task, { n: 1 });
      await witness.waitFor('completed');
      expect(witness.all('control.reached')).toMatchObject([{ version: 0 }]);
    } finally {
      await world.stop();
    }
  });
});
