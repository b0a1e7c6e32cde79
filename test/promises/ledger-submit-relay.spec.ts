import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { defineJob, planTopology } from '../../libs/jobs/src';
import { Relay } from '../../libs/ledger/src';
import { silentLedger } from '../../libs/ledger/src/ledger-events';
import { type TestDatabase, testDatabase } from '../support/database';
import { JobsWorld } from '../support/jobs-world';
import { sharedBroker } from '../support/private-broker';
import { SubmitWorld } from '../support/submit-world';
import { gateTo } from '../support/tcp-gate';
import { until } from '../support/until';
import { exited } from '../support/worker-process';

const schema = z.object({ n: z.number() });
const Task = defineJob({ type: 'rel.task', payload: schema });
const Lost = defineJob({ type: 'nowhere.task', payload: schema });
const entry = (n: number, options = {}, type = 'rel.task') => ({ type, payload: { n }, options });
const entries = (count: number) => Array.from({ length: count }, (_, n) => entry(n));

describe('the relay', () => {
  let db: TestDatabase;
  let world: SubmitWorld;
  let jobs: JobsWorld;
  beforeAll(async () => {
    db = await testDatabase();
  });
  afterAll(() => db.drop());
  beforeEach(async () => {
    world = new SubmitWorld(db, [Task, Lost]);
    jobs = new JobsWorld(sharedBroker().url);
    await world.clear();
  });
  afterEach(async () => {
    await world.stop();
    await jobs.stop();
  });

  const outbox = (where = 'true'): Promise<number> => world.count(`select count(*) as n from outbox where ${where}`);
  const queue = (): string => jobs.names.work('rel', 'normal');
  const withQueues = async () => {
    const broker = await jobs.broker();
    await broker.apply(planTopology({ names: jobs.names, queues: ['rel'] }));
    return broker;
  };

  test('what is submitted while the broker is away is run when it is back', async () => {
    const { gate, url } = await gateTo(sharedBroker().url);
    const gated = new JobsWorld(url, jobs.names.prefix);
    try {
      const broker = await gated.broker();
      gate.shut();
      await until('the broker away', () => broker.state.name === 'connecting');
      const relay = world.relay(gated, broker);
      const submitter = world.submitter({ onOutbox: () => relay.wake() });
      const taken = await Promise.all(entries(200).map((one) => submitter.submit([one])));
      expect(taken.flat().every(({ state }) => state === 'accepted')).toBe(true);
      const waiting = new Relay({ database: db.database, broker, names: jobs.names, events: silentLedger });
      expect(await waiting.run()).toBe('done');
      expect(await outbox('parked_until is null')).toBe(200);

      await world.records(jobs);
      await jobs.worker((handlers) => handlers.register(Task, () => undefined));
      gate.open();
      await world.completed(200);
      expect(await outbox()).toBe(0);
    } finally {
      await world.stop();
      await gated.stop();
      await gate.close();
    }
  });

  test('killed in the middle of a batch it has lost nothing: all are run', async () => {
    const broker = await withQueues();
    await world.submitter().submit(entries(3_000));
    const child = spawn(
      process.execPath,
      [
        join(__dirname, '../support/killable-relay.cjs'),
        JSON.stringify({ url: jobs.url, prefix: jobs.names.prefix, databaseUrl: db.url }),
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const ended = exited(child);
    await until('messages in the queue', async () => ((await broker.depth(queue()))?.messages ?? 0) > 0);
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    expect(await outbox()).toBeGreaterThan(0);

    world.relay(jobs, broker);
    await until('an empty outbox', async () => (await outbox()) === 0);
    await world.records(jobs);
    await jobs.worker((handlers) => handlers.register(Task, () => undefined), {
      queues: { rel: { concurrency: 500 } },
    });
    await world.completed(3_000, 50_000);
    expect(await world.count('select count(*) as n from jobs')).toBe(0);
  });

  test('two relays side by side publish each message once', async () => {
    const broker = await withQueues();
    await world.submitter().submit(entries(5_000));
    world.relay(jobs, broker);
    world.relay(jobs, await jobs.broker());
    await until('an empty outbox', async () => (await outbox()) === 0);
    expect((await broker.depth(queue()))?.messages).toBe(5_000);
  });

  test('what no queue takes stands aside alone, with the reason, and goes when there is a queue', async () => {
    const broker = await withQueues();
    const noticed: string[] = [];
    const relay = world.relay(jobs, broker, { ...silentLedger, noticed: (what) => noticed.push(what) });
    await world.submitter().submit([entry(1, {}, 'nowhere.task'), entry(2), entry(3, {}, 'nowhere.task'), entry(4)]);
    relay.wake();
    await until('two aside', async () => (await outbox('parked_until > now()')) === 2 && (await outbox()) === 2);
    expect((await broker.depth(queue()))?.messages).toBe(2);
    const rows = await db.database.query('select parked_reason from outbox');
    expect(rows).toEqual([1, 2].map(() => ({ parked_reason: expect.stringContaining('no queue takes it') })));
    expect(noticed).toEqual([expect.stringMatching(/^2 messages stand aside.*no queue takes it/)]);

    await broker.apply(planTopology({ names: jobs.names, queues: ['nowhere'] }));
    await db.database.query('update outbox set parked_until = now()');
    relay.wake();
    await until('an empty outbox', async () => (await outbox()) === 0);
    expect((await broker.depth(jobs.names.work('nowhere', 'normal')))?.messages).toBe(2);
  });

  test('thousands that stand aside hold up none of the others', async () => {
    const broker = await withQueues();
    const submitter = world.submitter();
    const relay = world.relay(jobs, broker);
    await submitter.submit(Array.from({ length: 3_000 }, (_, n) => entry(n, {}, 'nowhere.task')));
    await submitter.submit(entries(100));
    relay.wake();
    await until('the others', async () => (await broker.depth(queue()))?.messages === 100);
    await until('3000 aside', async () => (await outbox('parked_until is not null')) === 3_000);
  });

  test('a job that is finished, or was moved on, is published no more', async () => {
    const broker = await withQueues();
    const submitter = world.submitter();
    const [gone, moved] = await submitter.submit([entry(1), entry(2)]);
    await db.database.query('delete from jobs where id = $1', [gone?.id]);
    await db.database.query('update jobs set generation = 1 where id = $1', [moved?.id]);
    world.relay(jobs, broker);
    await until('an empty outbox', async () => (await outbox()) === 0);
    expect((await broker.depth(queue()))?.messages).toBe(0);
  });

  test('large payloads go in small batches', async () => {
    const broker = await withQueues();
    const large = z.object({ text: z.string() });
    const Large = defineJob({ type: 'rel.large', payload: large });
    const big = new SubmitWorld(db, [Large]);
    await big
      .submitter()
      .submit(Array.from({ length: 40 }, () => ({ type: 'rel.large', payload: { text: 'x'.repeat(1_000_000) } })));
    await big.stop();
    const relay = new Relay({ database: db.database, broker, names: jobs.names, events: silentLedger });
    expect(await relay.run()).toBe('more');
    expect(await outbox()).toBe(40 - 9);
    while ((await relay.run()) === 'more');
    expect((await broker.depth(queue()))?.messages).toBe(40);
  });

  test('a far delay is kept in the ledger and released by the clock of the database, not by ours', async () => {
    const broker = await withQueues();
    const ours = jest.spyOn(Date, 'now').mockImplementation(() => new Date().getTime() + 5 * 3_600_000);
    const submitter = world.submitter();
    const taken = await submitter
      .submit([
        entry(1, { delay: '1h' }),
        entry(2, { delay: new Date(new Date().getTime() + 9 * 3_600_000) }),
        entry(3, { delay: 366 * 86_400_000 }),
        entry(4, { delay: '10m' }),
      ])
      .finally(() => ours.mockRestore());
    expect(taken.map(({ state }) => state)).toEqual(['delayed', 'delayed', 'delayed', 'delayed']);
    const rows = await db.database.query(
      `select (payload::json->>'n')::int as n, in_ledger, round(extract(epoch from due_at - now()) / 60)::int as minutes
       from jobs order by n`,
    );
    expect(rows).toEqual([
      { n: 1, in_ledger: true, minutes: 60 },
      { n: 2, in_ledger: true, minutes: 540 },
      { n: 3, in_ledger: true, minutes: 366 * 1_440 },
      { n: 4, in_ledger: false, minutes: 10 },
    ]);

    const relay = world.relay(jobs, broker);
    world.due(() => relay.wake());
    await until('the near one in the ladder', async () => (await outbox()) === 0);
    expect((await broker.depth(queue()))?.messages).toBe(0);
    await db.database.query("update jobs set due_at = now() + interval '300ms' where in_ledger and payload like '%1}'");
    await until('the first at work', async () => (await broker.depth(queue()))?.messages === 1);
    expect(await world.count('select count(*) as n from jobs where in_ledger')).toBe(2);
  });
});
