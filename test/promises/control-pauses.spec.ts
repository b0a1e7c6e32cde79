import { z } from 'zod';
import { defineJob } from '../../libs/jobs/src';
import { JobsWorld } from '../support/jobs-world';
import { LedgerDesk, pauseOfQueue, pauseOfType } from '../support/ledger-desk';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';

const payload = z.object({ n: z.number() });
const Send = defineJob({ type: 'mail.send', payload });
const Digest = defineJob({ type: 'mail.digest', payload, attempts: 2 });
const Print = defineJob({ type: 'print.page', payload });
const jobs = [Send, Digest, Print];

const some = (count: number) => Array.from({ length: count }, (_, n) => ({ payload: { n } }));

describe('what is paused', () => {
  let world: JobsWorld;
  let desk: LedgerDesk;
  let ran: string[];
  beforeEach(async () => {
    world = new JobsWorld(sharedBroker().url);
    desk = await LedgerDesk.open(world);
    ran = [];
  });
  afterEach(() => world.stop());

  const worker = (handle: (type: string) => unknown = () => undefined, concurrency = 5) =>
    world.worker(
      (handlers) => {
        for (const job of jobs) {
          handlers.register(job, ({ n }, { type }) => {
            ran.push(`${type} ${n}`);
            return handle(type);
          });
        }
      },
      { concurrency },
    );
  const inQueue = async (queue: string) => (await world.broker()).depth(world.names.work(queue, 'normal'));

  it('a queue: no worker starts its jobs, all others go on, and they are run when it is resumed', async () => {
    const client = await world.client(jobs);
    const workers = [await worker(), await worker()];
    await desk.set(pauseOfQueue('mail'));
    for (const { witness } of workers) await witness.waitFor('queue.paused');
    await client.addMany(Send, some(10));
    await client.addMany(Print, some(10));
    await until('the other queue to be worked', () => ran.length === 10);
    expect(ran.every((line) => line.startsWith('print.page'))).toBe(true);
    await expect(inQueue('mail')).resolves.toMatchObject({ messages: 10, consumers: 0 });
    expect(workers.map((each) => each.worker.consuming())).toEqual([true, true]);

    await desk.lift('pause:queue:mail');
    await until('all', () => ran.length === 20);
    for (const { witness } of workers) expect(witness.all('queue.resumed')).toMatchObject([{ queue: 'mail' }]);
  });

  it('a queue: what was held is returned once, what runs ends, and nothing runs twice', async () => {
    const client = await world.client(jobs);
    let end: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (end = resolve));
    const { worker: first, witness } = await worker(() => gate, 2);
    await client.addMany(Send, some(4));
    await until('two running, two held', () => ran.length === 2 && first.held === 2);
    await desk.set(pauseOfQueue('mail'));
    expect(await witness.waitFor('queue.paused')).toMatchObject([{ handedBack: 2 }]);
    await until('the rest back', async () => (await inQueue('mail'))?.messages === 2);

    // The running ones keep the channel they came on: closing it would give them to somebody else.
    await desk.lift('pause:queue:mail');
    await witness.waitFor('queue.resumed');
    const second = await worker();
    const resumedAt = Date.now();
    await until('time to tidy up', () => Date.now() - resumedAt > 2_500);
    end();
    const completed = () => [...witness.all('completed'), ...second.witness.all('completed')];
    await until('all', () => completed().length === 4);
    await first.stop({ deadlineMs: 2_000 });
    await second.worker.stop({ deadlineMs: 2_000 });
    await expect(inQueue('mail')).resolves.toMatchObject({ messages: 0 });
    expect(ran.toSorted()).toEqual(['mail.send 0', 'mail.send 1', 'mail.send 2', 'mail.send 3']);
  });

  it('stays paused for workers that start later, with nobody there but the broker', async () => {
    const client = await world.client(jobs);
    const first = await worker();
    await desk.set(pauseOfQueue('mail'));
    await first.witness.waitFor('queue.paused');
    await first.worker.stop({ deadlineMs: 1_000 });
    await client.addMany(Send, some(3));
    const { witness } = await worker();
    expect(witness.all('control.reached')).toMatchObject([{ version: 1 }]);
    await client.addMany(Print, some(1));
    await until('its other queue to be worked', () => ran.length === 1);
    await expect(inQueue('mail')).resolves.toMatchObject({ messages: 3, consumers: 0 });
    expect(ran).toEqual(['print.page 0']);
    await desk.lift('pause:queue:mail');
    await witness.waitFor('completed', 4);
  });

  it('a type: its jobs wait without using up an attempt, the others of its queue are run', async () => {
    const client = await world.client(jobs);
    await desk.set(pauseOfType('mail.digest'));
    const workers = [await worker(), await worker()];
    await client.addMany(Digest, some(3));
    await client.addMany(Send, some(3));
    const deferrals = () => workers.flatMap(({ witness }) => witness.all('deferred'));
    await until('them to have waited more than once', () => deferrals().length >= 7);
    expect(new Set(deferrals().map(({ reason }) => reason))).toEqual(new Set(['paused']));
    expect(ran.toSorted()).toEqual(['mail.send 0', 'mail.send 1', 'mail.send 2']);

    await desk.lift('pause:type:mail.digest');
    const completed = () => workers.flatMap(({ witness }) => witness.all('completed'));
    await until('all', () => completed().length === 6);
    expect(completed().map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(workers.flatMap(({ witness }) => witness.all('dead'))).toEqual([]);
  });
});
