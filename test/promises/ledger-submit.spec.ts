import { z } from 'zod';
import { JobError, defineJob, newJobId } from '../../libs/jobs/src';
import type { Change, Effect } from '../../libs/ledger/src/record/change';
import { fromColumns } from '../../libs/ledger/src/record/columns';
import { statement } from '../../libs/ledger/src/store/database';
import { LedgerError } from '../../libs/ledger/src/store/ledger-error';
import { type TestDatabase, testDatabase } from '../support/database';
import { JobsWorld } from '../support/jobs-world';
import { sharedBroker } from '../support/private-broker';
import { SubmitWorld } from '../support/submit-world';
import { gateTo } from '../support/tcp-gate';

const Mail = defineJob({
  type: 'subm.mail',
  payload: z.object({ to: z.string(), n: z.number().optional() }),
  attempts: 5,
  aliases: ['subm.letter'],
  version: 2,
});
const mail = (n: number, options = {}) => ({ type: 'subm.mail', payload: { to: 'ada@example.org', n }, options });

describe('submitting through the ledger', () => {
  let db: TestDatabase;
  let world: SubmitWorld;
  beforeAll(async () => {
    db = await testDatabase();
  });
  afterAll(() => db.drop());
  beforeEach(async () => {
    world = new SubmitWorld(db, [Mail]);
    await world.clear();
  });
  afterEach(() => world.stop());

  test('a job that is added by a name which its type had before is one of that type', async () => {
    const letter = { ...mail(1), type: 'subm.letter' };
    await expect(world.submitter().submit([letter])).resolves.toMatchObject([{ type: 'subm.mail', queue: 'subm' }]);
    await expect(world.submitter().submit([{ ...letter, payload: {} }])).rejects.toMatchObject({
      code: 'payload_invalid',
    });
    await expect(db.database.query('select type, version from jobs')).resolves.toEqual([
      { type: 'subm.mail', version: 2 },
    ]);
  });

  test('a job is readable at once, counted, told to live clients, and waits to be published', async () => {
    const [job] = await world.submitter().submit([mail(1, { priority: 'high', tags: ['eu'], keepFor: '90d' })]);
    expect(job).toEqual({
      id: expect.any(String),
      key: undefined,
      type: 'subm.mail',
      queue: 'subm',
      state: 'accepted',
    });
    const rows = await db.database.query(
      'select id, state, priority, tags, payload, max_attempts, keep_ms, origin, in_ledger from jobs',
    );
    expect(rows).toEqual([
      {
        ...{ id: job?.id, state: 'waiting', priority: 1, tags: ['eu'], payload: '{"to":"ada@example.org","n":1}' },
        ...{ max_attempts: 5, keep_ms: String(90 * 86_400_000), origin: 'api', in_ledger: false },
      },
    ]);
    expect(await db.database.query('select job_id, generation from outbox')).toEqual([
      { job_id: job?.id, generation: 0 },
    ]);
    expect(await db.database.query('select queue, type, state, n from counts')).toEqual([
      { queue: 'subm', type: 'subm.mail', state: 'waiting', n: '1' },
    ]);
    const [feed] = await db.database.query<{ changes: string }>('select changes from feed');
    expect(JSON.parse(feed?.changes ?? '')).toMatchObject([{ id: job?.id, state: 'waiting' }]);
  });

  test('what is told to counts, feed and alerts is what is stored', async () => {
    const told: Change[] = [];
    const effects: Effect[] = [async (_tx, changes) => void told.push(...changes)];
    const options = {
      ...{ id: 'all', attempts: 7, backoff: '3s', timeout: '9s', priority: 'low', tenant: 't', correlationId: 'c' },
      ...{ expiresAt: '2999-01-01T00:00:00Z', tags: ['a', 'b'], keepFor: '1d', delay: '2h' },
      unique: { key: 'k' },
    };
    await world.submitter({ effects }).submit([mail(1, options), mail(2)]);
    const rows = await db.database.query(statement('find-jobs'), [told.map(({ after }) => after.id)]);
    const stored = rows.map(fromColumns).sort((a, b) => (a.key === undefined ? 1 : b.key === undefined ? -1 : 0));
    expect(JSON.parse(JSON.stringify(stored))).toEqual(JSON.parse(JSON.stringify(told.map(({ after }) => after))));
    expect(rows.map((row) => row.in_ledger === true).toSorted()).toEqual([false, true]);
  });

  test('a job is published by the relay, run by a worker, and ends as completed in history, whole', async () => {
    const jobs = new JobsWorld(sharedBroker().url);
    try {
      await world.records(jobs);
      const got: unknown[] = [];
      const { broker } = await jobs.worker((handlers) => {
        handlers.register(Mail, (payload, context) => {
          got.push([payload, context.id, context.attempt]);
          return { sent: true };
        });
      });
      const relay = world.relay(jobs, broker);
      const submitter = world.submitter({ onOutbox: () => relay.wake() });
      const options = { id: 'invoice ü 4711', tags: ['a', 'b'], tenant: 'acme', correlationId: 'c', delay: 300 };
      const [job] = await submitter.submit([mail(7, options)]);
      expect(job).toMatchObject({ key: 'invoice ü 4711', state: 'delayed' });
      await world.completed(1);
      expect(got).toEqual([[{ to: 'ada@example.org', n: 7 }, job?.id, 1]]);
      const rows = await db.database.query(
        'select id, key, tags, tenant, correlation_id, result, attempt, origin from history',
      );
      expect(rows).toEqual([
        {
          ...{ id: job?.id, key: 'invoice ü 4711', tags: ['a', 'b'], tenant: 'acme', correlation_id: 'c' },
          ...{ result: '{"sent":true}', attempt: 1, origin: 'api' },
        },
      ]);
      expect(await world.count('select count(*) as n from jobs')).toBe(0);
      expect(await world.count('select count(*) as n from outbox')).toBe(0);
      expect(await world.count("select sum(n) as n from counts where state in ('waiting', 'delayed', 'active')")).toBe(
        0,
      );
    } finally {
      await world.stop();
      await jobs.stop();
    }
  });

  test.each([
    ['an unknown type', { type: 'subm.nothing' }, 'type_unknown', 'jobs[1].type'],
    ['a wrong payload', { payload: { to: 5 } }, 'payload_invalid', 'jobs[1].payload.to'],
    ['a payload that is too large', { payload: { to: 'x'.repeat(2_000) } }, 'payload_too_large', 'jobs[1].payload'],
    ['options that are none', { options: 'soon' }, 'options_invalid', 'jobs[1].options'],
    ['an id that is too long', { options: { id: 'x'.repeat(129) } }, 'id_invalid', 'jobs[1].options.id'],
    ['a negative delay', { options: { delay: -1 } }, 'delay_invalid', 'jobs[1].options.delay'],
    ['a delay beyond all calendars', { options: { delay: 2 ** 53 - 1 } }, 'delay_invalid', 'jobs[1].options.delay'],
    [
      'an expiry beyond all calendars',
      { options: { expiresAt: '-200000-01-01T00:00:00Z' } },
      'expiry_invalid',
      'jobs[1].options.expiresAt',
    ],
    ['no attempts', { options: { attempts: 0 } }, 'attempts_invalid', 'jobs[1].options.attempts'],
    ['a retention that is none', { options: { keepFor: 'long' } }, 'keep_invalid', 'jobs[1].options.keepFor'],
    ['a unique key that is none', { options: { unique: { key: '' } } }, 'unique_invalid', 'jobs[1].options.unique.key'],
    [
      'a throttle without window',
      { options: { unique: { key: 'k', mode: 'throttle' } } },
      'unique_invalid',
      'jobs[1].options.unique.window',
    ],
    [
      'a debounce without delay',
      { options: { unique: { key: 'k', mode: 'debounce' } } },
      'unique_invalid',
      'jobs[1].options.delay',
    ],
  ])('%s among others is refused by name, and none of them is recorded', async (_what, mistake, code, field) => {
    const entries = [mail(1), { ...mail(2), ...mistake }, mail(3)] as Parameters<
      ReturnType<SubmitWorld['submitter']>['submit']
    >[0];
    const error: unknown = await world
      .submitter({ maxPayloadBytes: 1_000 })
      .submit(entries)
      .catch((e: unknown) => e);
    expect(error instanceof JobError || error instanceof LedgerError).toBe(true);
    expect(error).toMatchObject({ code, field, hint: expect.any(String) });
    expect(await world.count('select count(*) as n from jobs')).toBe(0);
  });

  test('any text that JSON can hold comes back as it was, halves of pairs and zeros among it', async () => {
    const to = 'a\u0000b\ud800c\u2028"\\';
    await world.submitter().submit([{ ...mail(1, { tenant: 'x\ud800', tags: ['\udfff'] }), payload: { to } }]);
    const [row] = await db.database.query<{ payload: string; tenant: string; tags: string[] }>(
      'select payload, tenant, tags from jobs',
    );
    expect(JSON.parse(row?.payload ?? '')).toEqual({ to });
    expect(row).toMatchObject({ tenant: 'x\ufffd', tags: ['\ufffd'] });
  });

  test('500 concurrent calls share transactions, and each gets its own answer', async () => {
    const submitter = world.submitter();
    const jobs = await Promise.all(Array.from({ length: 500 }, (_, n) => submitter.submit([mail(n), mail(n)])));
    const rows = await db.database.query<{ id: string; n: number }>(
      "select id, (payload::json->>'n')::int as n from jobs",
    );
    const byId = new Map(rows.map(({ id, n }) => [id, n]));
    expect(jobs.map((pair) => pair.map(({ id }) => byId.get(id)))).toEqual(
      Array.from({ length: 500 }, (_, n) => [n, n]),
    );
    expect(await world.count('select count(*) as n from outbox')).toBe(1_000);
    expect(await world.count('select count(*) as n from feed')).toBeLessThan(50);
  });

  test('a call that the database refuses for its data fails alone', async () => {
    await db.database.query("alter table jobs add constraint picky check (tenant is distinct from 'poison')");
    try {
      const submitter = world.submitter();
      const calls = Array.from({ length: 100 }, (_, n) =>
        submitter.submit([mail(n, n === 41 ? { tenant: 'poison' } : {}), mail(n)]),
      );
      const ends = await Promise.allSettled(calls);
      expect(ends.flatMap(({ status }, n) => (status === 'rejected' ? n : []))).toEqual([41]);
      expect(await world.count('select count(*) as n from jobs')).toBe(198);
      expect(await world.count('select sum(n) as n from counts')).toBe(198);
    } finally {
      await db.database.query('alter table jobs drop constraint picky');
    }
  });

  test('of 100 concurrent submissions of one id, through two processes, one job comes; its duplicates name it', async () => {
    const [a, b] = [world.submitter(), world.submitter()];
    const answers = (
      await Promise.all(Array.from({ length: 100 }, (_, n) => (n % 2 ? a : b).submit([mail(n, { id: 'order-1' })])))
    ).flat();
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ duplicate }) => !duplicate).length).toBe(1);
    expect(await world.count('select count(*) as n from jobs')).toBe(1);
    expect(await world.count('select count(*) as n from outbox')).toBe(1);
  });

  test('the id of a finished job answers with that job; that of a removed one is refused, and only its call', async () => {
    const submitter = world.submitter();
    const [first] = await submitter.submit([mail(1, { id: 'order-2' })]);
    await db.database.query(
      `with gone as (delete from jobs returning *)
       insert into history (id, key, type, queue, priority, generation, base_generation, state, attempt, delivery, state_at,
         state_generation, state_step, runs, origin, created_at, finished_at, terms, shelf)
       select id, key, type, queue, priority, 0, 0, 'completed', 1, 0, now(), 0, 0, '[]', origin, created_at, now(), terms, 0 from gone`,
    );
    expect(await submitter.submit([mail(2, { id: 'order-2' })])).toEqual([
      { id: first?.id, key: 'order-2', type: 'subm.mail', queue: 'subm', state: 'completed', duplicate: true },
    ]);
    await db.database.query(
      "with gone as (delete from history returning id) insert into tombstones select id, now() + interval '1 day' from gone",
    );
    const ends = await Promise.allSettled([
      submitter.submit([mail(3, { id: 'order-3' })]),
      submitter.submit([mail(4), mail(5, { id: 'order-2' })]),
      submitter.submit([mail(6, { id: 'order-6' })]),
    ]);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(ends[1]).toMatchObject({ reason: { code: 'id_taken', field: 'jobs[1].options.id' } });
    expect(await world.count('select count(*) as n from jobs')).toBe(2);
  });

  test('with the database away nothing is accepted and nothing half stored; with it back all goes on', async () => {
    const { gate, url } = await gateTo(db.url);
    try {
      const submitter = world.submitter({ url });
      const during = Array.from({ length: 200 }, (_, n) =>
        submitter.submit([mail(n), mail(n, { id: `g${n}`, unique: { key: `${n}` } })]),
      );
      await Promise.race(during);
      gate.shut();
      const ends = await Promise.allSettled(during);
      const late: unknown = await submitter.submit([mail(0)]).catch((e: unknown) => e);
      expect(late).toBeInstanceOf(LedgerError);
      expect(late).toMatchObject({ code: 'database_unreachable', hint: expect.any(String) });
      for (const end of ends)
        if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'database_unreachable' });
      gate.open();
      await submitter.submit([mail(1, { id: 'back' })]);
      const stored = await world.count('select count(*) as n from jobs');
      const accepted = ends.filter(({ status }) => status === 'fulfilled').length;
      expect(stored).toBeGreaterThanOrEqual(2 * accepted + 1);
      expect(await world.count('select count(*) as n from outbox')).toBe(stored);
      expect(await world.count('select sum(n) as n from counts')).toBe(stored);
      expect(await world.count('select count(*) as n from keys')).toBe((stored - 1) / 2);
      expect(await world.count('select sum(json_array_length(changes::json)) as n from feed')).toBe(stored);
    } finally {
      await world.stop();
      await gate.close();
    }
  });

  test('an id that a caller made as the library does is its own, and never made twice', async () => {
    const id = newJobId();
    const submitter = world.submitter();
    const [[first], [second]] = await Promise.all([
      submitter.submit([mail(1, { id })]),
      submitter.submit([mail(2, { id })]),
    ]);
    expect([first?.id, first?.duplicate, second?.id, second?.duplicate]).toEqual([id, undefined, id, true]);
  });
});
