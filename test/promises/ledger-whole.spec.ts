import { z } from 'zod';
import { defineJob } from '../../libs/jobs/src';
import { type Actor, Ledger, LedgerError } from '../../libs/ledger/src';
import { lockRows } from '../../libs/ledger/src/record/lock-rows';
import { type TestDatabase, testDatabase } from '../support/database';
import { JobsWorld } from '../support/jobs-world';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';

const Send = defineJob({
  type: 'email.send',
  payload: z.object({ to: z.string(), fails: z.boolean().default(false) }),
  attempts: 1,
});
const boss: Actor = { name: 'boss', role: 'operator' };

describe('a ledger with a worker and a client', () => {
  const world = new JobsWorld(sharedBroker().url);
  let db: TestDatabase;
  let ledger: Ledger;
  let healed = false;

  beforeAll(async () => {
    db = await testDatabase();
    ledger = new Ledger({ broker: await world.broker(), databaseUrl: db.url, names: world.names, jobs: [Send] });
    await ledger.start();
    await ledger.ready();
    await world.worker((handlers) =>
      handlers.register(Send, ({ to, fails }) => {
        if (fails && !healed) throw new Error(`no mailbox ${to}`);
        return { sent: to };
      }),
    );
  });
  afterAll(async () => {
    await ledger.stop();
    await world.stop();
    await db.drop();
  });

  /** Undefined until something has been told of it. */
  const known = async (id: string) => {
    try {
      return await ledger.job(id);
    } catch (error) {
      if (error instanceof LedgerError && error.code === 'job_not_found') return undefined;
      throw error;
    }
  };
  const becomes = (id: string, state: string) =>
    until(`job ${id} is ${state}`, async () => {
      const job = await known(id);
      return job?.state === state && job;
    });

  test('a job that was submitted through it is run and recorded', async () => {
    const [job] = await ledger.submit([{ type: 'email.send', payload: { to: 'ada' } }]);
    expect(await ledger.job(job?.id ?? '')).toMatchObject({ type: 'email.send', queue: 'email' });
    expect(await becomes(job?.id ?? '', 'completed')).toMatchObject({ result: { sent: 'ada' }, attempt: 1 });
  });

  test('a job that a client put into the broker is recorded too', async () => {
    const client = await world.client([Send]);
    const { id } = await client.add(Send, { to: 'bob' });
    expect(await becomes(id, 'completed')).toMatchObject({ result: { sent: 'bob' } });
    // What the client tells may come after the outcome.
    await until('its payload', async () => (await ledger.job(id)).payload !== undefined);
  });

  test('a dead job is shown with its error, grouped, and completes when it is retried', async () => {
    const [job] = await ledger.submit([{ type: 'email.send', payload: { to: 'eve', fails: true } }]);
    const id = job?.id ?? '';
    expect(await becomes(id, 'dead')).toMatchObject({
      error: { message: 'no mailbox eve' },
      deadReason: 'attempts_exhausted',
    });
    expect(await ledger.deadGroups({ queue: 'email' })).toMatchObject([{ count: 1, type: 'email.send' }]);
    healed = true;
    await ledger.retry(id, boss);
    expect(await becomes(id, 'completed')).toMatchObject({
      generation: 1,
      attempts: [{ end: 'dead' }, { end: 'completed' }],
    });
  });

  test('a paused queue starts nothing until it is resumed; what is cancelled meanwhile never runs', async () => {
    await ledger.pause({ queue: 'email' }, boss);
    await until('the worker knows', async () => {
      const { version } = await versionOf();
      return (await ledger.workers()).every((worker) => (worker.controlVersion ?? 0) >= version);
    });
    const jobs = await ledger.submit([
      { type: 'email.send', payload: { to: 'first' } },
      { type: 'email.send', payload: { to: 'second' } },
    ]);
    const [first = '', second = ''] = jobs.map(({ id }) => id);
    await until('both are published', async () => (await ledger.job(second)).state === 'waiting');
    await ledger.cancel(second, boss);
    await becomes(second, 'cancelled');
    expect(await ledger.job(first)).toMatchObject({ state: 'waiting' });
    await ledger.resume({ queue: 'email' }, boss);
    await becomes(first, 'completed');
    expect(await ledger.job(second)).toMatchObject({ state: 'cancelled', attempts: [] });
    expect(await ledger.queue('email')).toMatchObject({ paused: false, cancelled: 1 });
  });

  test('however many want to steer and have to wait, jobs are taken', async () => {
    const delayed = { type: 'email.send', payload: { to: 'late' }, options: { delay: '1h' } };
    const jobs = await ledger.submit(Array.from({ length: 40 }, () => delayed));
    const { cancels, taken } = await db.database.transaction(async (tx) => {
      await lockRows(tx);
      const cancels = Promise.allSettled(jobs.map(({ id }) => ledger.cancel(id, boss)));
      const [taken] = await ledger.submit([{ type: 'email.send', payload: { to: 'ada' } }]);
      return { cancels, taken };
    });
    await becomes(taken?.id ?? '', 'completed');
    const cancelled = { status: 'fulfilled', value: expect.objectContaining({ state: 'cancelled' }) };
    expect(await cancels).toEqual(jobs.map(() => cancelled));
  });

  async function versionOf(): Promise<{ version: number }> {
    const [row] = await db.database.query<{ value: string }>("select value from heads where name = 'control'");
    return { version: Number(row?.value ?? 0) };
  }

  test('it knows what happened by the minute', async () => {
    const { items } = await ledger.metrics({ queue: 'email', step: '1d' });
    const sum = (name: 'accepted' | 'completed' | 'dead' | 'failed' | 'cancelled') =>
      items.reduce((total, point) => total + point[name], 0);
    const { total, completed, cancelled } = await ledger.queue('email');
    expect([sum('accepted'), sum('completed'), sum('cancelled')]).toEqual([total, completed, cancelled]);
    expect([sum('dead'), sum('failed')]).toEqual([1, 1]);
  });

  test('questions that take long, however many, hold up no submission', async () => {
    const told: unknown[] = [];
    const ask = () => ledger.jobs({ filter: { state: 'completed' } }).catch((error: unknown) => void told.push(error));
    const questions = await db.database.transaction(async (tx) => {
      await tx.query('lock table history in access exclusive mode');
      const asked = Array.from({ length: 40 }, ask);
      const startedAt = Date.now();
      await ledger.submit([{ type: 'email.send', payload: { to: 'meanwhile' }, options: { delay: '1h' } }]);
      expect([Date.now() - startedAt < 1_500, told]).toEqual([true, []]);
      return asked;
    });
    await Promise.all(questions);
  });
});
