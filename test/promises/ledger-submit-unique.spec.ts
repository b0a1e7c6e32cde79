import { z } from 'zod';
import { defineJob } from '../../libs/jobs/src';
import type { SubmitOptions, SubmittedJob } from '../../libs/ledger/src';
import { ExpiredKeys, Recorder } from '../../libs/ledger/src';
import type { Submitter } from '../../libs/ledger/src/submit/submitter';
import { type TestDatabase, testDatabase } from '../support/database';
import { EFFECTS, SubmitWorld } from '../support/submit-world';

const schema = z.object({ n: z.number() });
const Sync = defineJob({ type: 'uniq.sync', payload: schema });
const Other = defineJob({ type: 'uniq.other', payload: schema });

describe('unique jobs', () => {
  let db: TestDatabase;
  let world: SubmitWorld;
  beforeAll(async () => {
    db = await testDatabase();
  });
  afterAll(() => db.drop());
  beforeEach(async () => {
    world = new SubmitWorld(db, [Sync, Other]);
    await world.clear();
  });
  afterEach(() => world.stop());

  const add = async (by: Submitter, n: number, options: SubmitOptions, type = 'uniq.sync'): Promise<SubmittedJob> => {
    const [job] = await by.submit([{ type, payload: { n }, options }]);
    if (!job) throw new Error('no answer');
    return job;
  };
  /** 100 at once, through two processes' pools. */
  const hundred = (options: SubmitOptions): Promise<SubmittedJob[]> => {
    const [a, b] = [world.submitter(), world.submitter()];
    return Promise.all(Array.from({ length: 100 }, (_, n) => add(n % 2 ? a : b, n, options)));
  };
  const finish = async (id: string): Promise<void> => {
    const run = { id, type: 'uniq.sync', generation: 0, attempt: 1, delivery: 0, worker: 'w' };
    await new Recorder(db.database, EFFECTS).record([
      { event: 'completed', ...run, at: Date.now(), startedAt: Date.now() },
    ]);
  };
  const jobsStored = (): Promise<number> => world.count('select count(*) as n from jobs');

  test.each<[string, SubmitOptions]>([
    ['pending', { unique: { key: 'user 42' } }],
    ['throttle', { unique: { key: 'user 42', mode: 'throttle', window: '1h' } }],
    ['debounce', { unique: { key: 'user 42', mode: 'debounce' }, delay: '1h' }],
    ['pending, with an id of its own', { unique: { key: 'user 42' }, id: 'mine' }],
  ])('of 100 identical ones at once, through two processes, one job comes: %s', async (_mode, options) => {
    const answers = await hundred(options);
    const [row] = await db.database.query<{ id: string }>('select id from jobs');
    expect(await jobsStored()).toBe(1);
    expect(new Set(answers.map(({ id }) => id))).toEqual(new Set([row?.id]));
    expect(answers.filter(({ duplicate }) => !duplicate).length).toBe(1);
    expect(await db.database.query('select job_id from keys')).toEqual([{ job_id: row?.id }]);
    expect(await world.count('select sum(n) as n from counts')).toBe(1);
  });

  test('100 different keys at once are 100 jobs, and the same again are none', async () => {
    const submitter = world.submitter();
    const all = (): Promise<SubmittedJob[]> =>
      Promise.all(Array.from({ length: 100 }, (_, n) => add(submitter, n, { unique: { key: `${n}` } })));
    const first = await all();
    const again = await all();
    expect(again.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
    expect(again.every(({ duplicate }) => duplicate)).toBe(true);
    expect(await jobsStored()).toBe(100);
  });

  test('within one call the second of a key is a duplicate of the first', async () => {
    const entry = { type: 'uniq.sync', payload: { n: 1 }, options: { unique: { key: 'k' } } };
    const [first, second] = await world.submitter().submit([entry, entry]);
    expect(second).toMatchObject({ id: first?.id, duplicate: true, state: 'accepted' });
    expect(await jobsStored()).toBe(1);
  });

  test('two types never share a key', async () => {
    const submitter = world.submitter();
    await add(submitter, 1, { unique: { key: 'k' } });
    expect((await add(submitter, 1, { unique: { key: 'k' } }, 'uniq.other')).duplicate).toBeUndefined();
  });

  test('pending: the key is free when its job is finished, however often that is told', async () => {
    const submitter = world.submitter();
    const first = await add(submitter, 1, { unique: { key: 'k' } });
    await finish(first.id);
    const second = await add(submitter, 2, { unique: { key: 'k' } });
    expect(second).toMatchObject({ state: 'accepted' });
    expect(second.id).not.toBe(first.id);
    await finish(first.id);
    expect(await add(submitter, 3, { unique: { key: 'k' } })).toMatchObject({ id: second.id, duplicate: true });
  });

  test('pending: a key whose job is gone without a word holds nothing', async () => {
    const submitter = world.submitter();
    await add(submitter, 1, { unique: { key: 'k' } });
    await db.database.query('delete from jobs');
    expect((await add(submitter, 2, { unique: { key: 'k' } })).duplicate).toBeUndefined();
  });

  test('throttle: one per window, whatever becomes of the job; then the next', async () => {
    const submitter = world.submitter();
    const options: SubmitOptions = { unique: { key: 'k', mode: 'throttle', window: '1h' } };
    const first = await add(submitter, 1, options);
    await finish(first.id);
    expect(await add(submitter, 2, options)).toMatchObject({ id: first.id, state: 'completed', duplicate: true });
    await db.database.query('delete from history');
    expect(await add(submitter, 2, options)).toEqual({
      id: first.id,
      type: 'uniq.sync',
      queue: 'uniq',
      duplicate: true,
    });
    await db.database.query("update keys set until = until - interval '1h'");
    const next = await add(submitter, 3, options);
    expect(next.duplicate).toBeUndefined();
    expect(await add(submitter, 4, options)).toMatchObject({ id: next.id, duplicate: true });
  });

  test('throttle: a window that has passed while its job still waits lets the next one come', async () => {
    const submitter = world.submitter();
    const options: SubmitOptions = { unique: { key: 'k', mode: 'throttle', window: '1h' } };
    await add(submitter, 1, options);
    await db.database.query("update keys set until = until - interval '1h'");
    expect((await add(submitter, 2, options)).duplicate).toBeUndefined();
    expect(await jobsStored()).toBe(2);
  });

  test('debounce: the waiting one takes the newest payload and options, and its delay begins again', async () => {
    const submitter = world.submitter();
    const debounced = (delay: string): SubmitOptions => ({ unique: { key: 'k', mode: 'debounce' }, delay });
    const first = await add(submitter, 1, debounced('1h'));
    const [before] = await db.database.query<{ due_at: Date; created_at: Date }>('select due_at, created_at from jobs');
    const again = await add(submitter, 2, { ...debounced('2h'), priority: 'high', tags: ['new'] });
    expect(again).toMatchObject({ id: first.id, state: 'delayed', duplicate: true });
    const [row] = await db.database.query<{ due_at: Date }>(
      'select payload, priority, tags, in_ledger, due_at, created_at, generation from jobs',
    );
    expect(row).toMatchObject({ payload: '{"n":2}', priority: 1, tags: ['new'], in_ledger: true, generation: 0 });
    expect(row).toMatchObject({ created_at: before?.created_at });
    expect((row?.due_at.getTime() ?? 0) - (before?.due_at.getTime() ?? 0)).toBeGreaterThanOrEqual(3_600_000);
    expect(await world.count('select count(*) as n from outbox')).toBe(0);
  });

  test('debounce: of many at once the last that was told wins, and no payload after the release is lost', async () => {
    const submitter = world.submitter();
    const debounced: SubmitOptions = { unique: { key: 'k', mode: 'debounce' }, delay: '1h' };
    const first = (await Promise.all(Array.from({ length: 50 }, (_, n) => add(submitter, n, debounced))))[0];
    expect(await db.database.query('select payload from jobs')).toEqual([{ payload: '{"n":49}' }]);
    await db.database.query('update jobs set due_at = now()');
    world.due();
    const next = await (async () => {
      for (let n = 50; ; n++) {
        const job = await add(submitter, n, debounced);
        if (job.id !== first?.id) return { job, n };
        await db.database.query('update jobs set due_at = now() where in_ledger');
      }
    })();
    expect(next.job.duplicate).toBeUndefined();
    const released = await db.database.query('select payload from jobs where not in_ledger');
    expect(released).toEqual([{ payload: `{"n":${next.n - 1}}` }]);
    expect(await db.database.query('select job_id from keys')).toEqual([{ job_id: next.job.id }]);
  });

  test('keys whose time has passed are forgotten, others are not', async () => {
    const submitter = world.submitter();
    await add(submitter, 1, { unique: { key: 'past', mode: 'throttle', window: '1h' } });
    await db.database.query("update keys set until = now() - interval '1s'");
    await add(submitter, 1, { unique: { key: 'lasting', mode: 'throttle', window: '1h' } });
    await add(submitter, 1, { unique: { key: 'pending' } });
    expect(await new ExpiredKeys(db.database).run()).toBe('done');
    expect(await db.database.query('select key from keys order by key')).toEqual([
      { key: 'uniq.sync lasting' },
      { key: 'uniq.sync pending' },
    ]);
  });
});
