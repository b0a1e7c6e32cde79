import type { JobFilter, JobQuery, JobSummary } from '../../libs/ledger/src/api';
import { countChanges } from '../../libs/ledger/src/record/effects/counts';
import { feedChanges } from '../../libs/ledger/src/record/effects/feed';
import { noteWorkers } from '../../libs/ledger/src/record/effects/workers';
import { ReadSide, Recorder, secretsOf } from '../../libs/ledger/src';
import { defineJob } from '../../libs/jobs/src';
import type { JobEvent, RecordedEvent } from '../../libs/jobs/src/wire';
import { z } from 'zod';
import { type TestDatabase, testDatabase } from '../support/database';
import { type ToldJob, tell } from '../support/told-jobs';

const Pay = defineJob({ type: 'pay.card', payload: z.object({}), secrets: ['card.number', 'pin'] });
const HOUR = 3_600_000;

describe('reading the ledger', () => {
  let db: TestDatabase;
  let recorder: Recorder;
  let reading: ReadSide;

  beforeAll(async () => {
    db = await testDatabase();
    const secrets = secretsOf([Pay]);
    recorder = new Recorder(db.database, [countChanges, feedChanges, noteWorkers], secrets);
    reading = new ReadSide({ database: db.database, secrets });
  });
  afterAll(() => db.drop());
  beforeEach(async () => {
    await db.database.query('truncate jobs, history, logs, outbox, counts, workers, control, feed');
  });

  async function put(...jobs: ToldJob[]): Promise<string[]> {
    const told = jobs.map(tell);
    await recorder.record(told.flatMap(({ facts }) => facts));
    return told.map(({ id }) => id);
  }
  const idsOf = (jobs: readonly JobSummary[]): string[] => jobs.map(({ id }) => id);
  const find = async (filter: JobFilter): Promise<string[]> => idsOf((await reading.jobs({ filter })).items);

  describe('one job', () => {
    test('is found by its id, open or finished, and by its custom id', async () => {
      const [open = '', done = ''] = await put({ key: 'invoice 1' }, { end: 'completed', result: { sent: true } });
      expect(await reading.job(open)).toMatchObject({
        id: open,
        key: 'invoice 1',
        state: 'waiting',
        payload: { to: 'ada' },
      });
      expect(await reading.job('invoice 1')).toMatchObject({ id: open });
      expect(await reading.job(done)).toMatchObject({
        id: done,
        state: 'completed',
        result: { sent: true },
        ranMs: 100,
        waitedMs: 1_000,
      });
    });

    test.each(['', 'nobody', '01a3e2b0-0000-7000-8000-000000000000', 'a\u0000b', 'x'.repeat(501)])(
      'that is not there is not found: %j',
      (id) => expect(reading.job(id)).rejects.toMatchObject({ code: 'job_not_found' }),
    );

    test('that died shows why, with its stack apart, and each attempt', async () => {
      const failure = { name: 'TypeError', message: 'no such thing', stack: 'TypeError: no such thing\n at x' };
      const [id = ''] = await put({ end: 'dead', failure });
      expect(await reading.job(id)).toMatchObject({
        state: 'dead',
        error: { name: 'TypeError', message: 'no such thing' },
        stack: failure.stack,
        deadReason: 'attempts_exhausted',
        attempts: [{ attempt: 1, worker: 'w1', end: 'dead', ranMs: 100 }],
      });
      expect((await reading.job(id)).error).not.toHaveProperty('stack');
    });

    test('hides the secrets of its payload, and is not found by them', async () => {
      const payload = { to: 'ada', pin: 1234, card: [{ number: '4111' }] };
      const [id = ''] = await put({ type: 'pay.card', payload, end: 'completed' });
      expect((await reading.job(id)).payload).toEqual({ to: 'ada', pin: '[secret]', card: [{ number: '[secret]' }] });
      expect(await find({ payload: { to: 'ada' } })).toEqual([id]);
      expect(await find({ payload: { pin: 1234 } })).toEqual([]);
      expect(await find({ payload: { 'card.number': '4111' } })).toEqual([]);
      expect(await find({ payload: { pin: '[secret]' } })).toEqual([]);
    });

    test('that was recorded before its secrets were named is not found by them either', async () => {
      const { facts } = tell({ type: 'pay.card', payload: { pin: 1234 }, end: 'completed' });
      await new Recorder(db.database, []).record(facts);
      expect(await find({ payload: { pin: 1234 } })).toEqual([]);
    });

    test('has logs, oldest first, page by page', async () => {
      const { id, facts } = tell({ end: 'active' });
      const at = Date.now();
      const run = { id, type: 'email.welcome', generation: 0, attempt: 1, delivery: 0, worker: 'w1' };
      const lines = [1, 2, 3].map((seq) => ({
        ...run,
        event: 'logged',
        level: 'info',
        message: `line ${seq}`,
        at,
        seq,
      }));
      await recorder.record([...facts, ...(lines as JobEvent[])]);
      const first = await reading.logs(id, { limit: 2 });
      const rest = await reading.logs(id, { limit: 2, cursor: first.cursor });
      expect([...first.items, ...rest.items].map(({ message }) => message)).toEqual(['line 1', 'line 2', 'line 3']);
      expect(rest.cursor).toBeUndefined();
      await expect(reading.logs('nobody', {})).rejects.toMatchObject({ code: 'job_not_found' });
    });
  });

  describe('states that time alone changes', () => {
    const heartbeat = (worker: string, gone: boolean): RecordedEvent => ({
      ...{ event: 'worker.seen', worker, at: Date.now(), queues: ['email'], types: ['email.welcome'], running: [] },
      ...{ held: 0, startedAt: Date.now(), leaving: gone },
    });

    test.each<[string, ToldJob, string]>([
      ['a delayed job is delayed', { delayMs: HOUR }, 'delayed'],
      ['a delayed job that is due waits', { delayMs: HOUR, at: Date.now() - 2 * HOUR }, 'waiting'],
      ['a failed job is retried later', { end: 'retrying' }, 'retrying'],
      ['a failed job that is due waits', { end: 'retrying', at: Date.now() - 2 * HOUR }, 'waiting'],
      ['a started job is active', { end: 'active', worker: 'lives' }, 'active'],
      ['a started job whose worker is gone is stalled', { end: 'active', worker: 'left' }, 'stalled'],
    ])('%s', async (_, job, state) => {
      await recorder.record([heartbeat('lives', false), heartbeat('left', true)]);
      const [id = ''] = await put(job);
      expect((await reading.job(id)).state).toBe(state);
      expect(await find({ state: state as JobFilter['state'] })).toEqual([id]);
      for (const other of ['accepted', 'delayed', 'waiting', 'active', 'retrying', 'stalled', 'cancelling'] as const)
        if (other !== state) expect([other, await find({ state: other })]).toEqual([other, []]);
    });

    test('what is in the outbox is accepted, and says why it cannot be published', async () => {
      const [id = ''] = await put({});
      await db.database.query("insert into outbox (job_id, generation, parked_reason) values ($1, 0, 'no queue')", [
        id,
      ]);
      expect(await reading.job(id)).toMatchObject({ state: 'accepted', note: expect.stringContaining('no queue') });
      expect(await find({ state: 'accepted' })).toEqual([id]);
      expect(await find({ state: 'waiting' })).toEqual([]);
      expect(await reading.queue('email')).toMatchObject({ accepted: 1, waiting: 0, total: 1 });
    });

    test('what is to be cancelled is cancelling, whatever it was', async () => {
      const ids = await put({}, { end: 'active' }, { delayMs: HOUR });
      await db.database.query('update jobs set cancel_requested_at = now()');
      expect((await find({ state: 'cancelling' })).sort()).toEqual(ids.sort());
      expect(await find({ state: 'waiting' })).toEqual([]);
    });
  });

  describe('a list', () => {
    test.each<[string, JobFilter, ToldJob, ToldJob]>([
      ['queue', { queue: 'report' }, { type: 'report.sales' }, {}],
      ['type', { type: 'email.bulk' }, { type: 'email.bulk' }, {}],
      ['priority', { priority: 'high' }, { priority: 'high' }, {}],
      ['tag', { tag: 'eu' }, { tags: ['eu', 'x'] }, { tags: ['us'] }],
      ['tenant', { tenant: 'acme' }, { tenant: 'acme' }, { tenant: 'other' }],
      ['schedule', { schedule: 'nightly' }, { schedule: 'nightly' }, {}],
      ['correlationId', { correlationId: 'c1' }, { correlationId: 'c1' }, {}],
      ['worker', { worker: 'w9' }, { end: 'completed', worker: 'w9' }, { end: 'completed' }],
      ['state by another name', { state: 'failed' }, { end: 'dead' }, { end: 'completed' }],
      [
        'error',
        { error: '100%_off\\' },
        { end: 'dead', failure: { name: 'E', message: 'is 100%_off\\ x' } },
        { end: 'dead' },
      ],
      [
        'error of a job that is tried again',
        { error: 'OUT' },
        { end: 'retrying', failure: { name: 'E', message: 'timed out' } },
        { end: 'retrying' },
      ],
      [
        'field of the payload',
        { payload: { 'user.id': 123 } },
        { payload: { user: { id: 123 } } },
        { payload: { user: { id: 124 } } },
      ],
      [
        'member of an array',
        { payload: { 'items.sku': 'b' } },
        { payload: { items: [{ sku: 'a' }, { sku: 'b' }] } },
        {},
      ],
      ['a value as a text', { payload: { 'user.id': '123' } }, { payload: { user: { id: 123 } } }, {}],
      ['null', { payload: { 'user.id': null } }, { payload: { user: { id: null } } }, { payload: { user: {} } }],
    ])('by %s has those that match and no other', async (_, filter, matching, other) => {
      const [open = '', , done = ''] = await put(
        matching,
        other,
        { end: 'completed', ...matching },
        { end: 'completed', ...other },
      );
      expect((await find(filter)).sort()).toEqual([open, done].sort());
    });

    test('takes all filters together', async () => {
      const whole: ToldJob = {
        type: 'report.sales',
        tags: ['eu'],
        tenant: 'acme',
        priority: 'low',
        end: 'dead',
        payload: { a: 1 },
      };
      const [id = ''] = await put(
        whole,
        { ...whole, tags: [] },
        { ...whole, tenant: 'x' },
        { ...whole, end: 'completed' },
        { ...whole, payload: { a: 2 } },
      );
      const filter: JobFilter = {
        queue: 'report',
        tag: 'eu',
        tenant: 'acme',
        priority: 'low',
        state: 'dead',
        payload: { a: 1 },
        error: 'failed',
      };
      expect(await find(filter)).toEqual([id]);
    });

    test('is bounded by times of creation', async () => {
      const now = Date.now();
      const iso = (at: number): string => new Date(at).toISOString();
      const ids = await put({ at: now - 3 * HOUR }, { at: now - 2 * HOUR, end: 'completed' }, { at: now - HOUR });
      expect(await find({ from: iso(now - 2 * HOUR), to: iso(now - 2 * HOUR) })).toEqual([ids[1]]);
      expect(await find({ to: iso(now - 2 * HOUR) })).toEqual([ids[1], ids[0]]);
    });

    test.each<[NonNullable<JobQuery['sort']>, boolean]>([
      ['-created', true],
      ['created', false],
    ])('sorted by %s goes through open and finished jobs, each once, page by page', async (sort, newestFirst) => {
      const start = Date.now() - HOUR;
      // Several in a millisecond: the cursor must not lose or repeat them.
      const ids = await put(
        ...Array.from({ length: 25 }, (_, n): ToldJob => ({
          at: start + Math.floor(n / 4),
          end: n % 2 ? 'completed' : undefined,
        })),
      );
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await reading.jobs({ sort, limit: 4, cursor });
        seen.push(...idsOf(page.items));
        cursor = page.cursor;
      } while (cursor !== undefined);
      const sorted = ids.sort();
      expect(seen).toEqual(newestFirst ? sorted.reverse() : sorted);
    });

    test('sorted by the end has finished jobs alone', async () => {
      const now = Date.now();
      const [slow, , quick] = await put(
        { at: now, end: 'completed', ranMs: 5_000 },
        {},
        { at: now + 10, end: 'dead', ranMs: 1 },
      );
      expect(idsOf((await reading.jobs({ sort: '-finished' })).items)).toEqual([slow, quick]);
      expect(idsOf((await reading.jobs({ sort: 'finished' })).items)).toEqual([quick, slow]);
    });

    test.each<[string, JobQuery]>([
      ['state', { filter: { state: 'gone' as 'dead' } }],
      ['priority', { filter: { priority: 'urgent' as 'high' } }],
      ['from', { filter: { from: 'yesterday' } }],
      ['to', { filter: { to: '2030-13-01' } }],
      ['from', { filter: { from: '2030-01-02', to: '2030-01-01' } }],
      ['error', { filter: { error: 'ab' } }],
      ['queue', { filter: { queue: 'a\u0000' } }],
      ['tag', { filter: { tag: '' } }],
      ['payload.a.b.c.d.e', { filter: { payload: { 'a.b.c.d.e': 1 } } }],
      ['payload.a', { filter: { payload: { a: { b: 1 } as unknown as string } } }],
      ['payload.a', { filter: { payload: { a: 'x'.repeat(129) } } }],
      ['payload', { filter: { payload: [] as unknown as Record<string, string> } }],
      ['colour', { filter: { colour: 'red' } as JobFilter }],
      ['__proto__', { filter: JSON.parse('{"__proto__":"a"}') as JobFilter }],
      ['limit', { limit: 201 }],
      ['limit', { limit: 0.5 }],
      ['sort', { sort: 'constructor' as 'created' }],
    ])('refuses what it cannot look for, naming %s', (field, query) =>
      expect(reading.jobs(query)).rejects.toMatchObject({ code: 'filter_invalid', field }),
    );

    test.each(['', 'x', 'W10', Buffer.from('["a",1,"b"]').toString('base64url'), 'x'.repeat(501)])(
      'refuses a cursor of somebody else: %j',
      (cursor) => expect(reading.jobs({ cursor })).rejects.toMatchObject({ code: 'cursor_invalid', field: 'cursor' }),
    );

    test('refuses its own cursor with another filter', async () => {
      await put({}, {});
      const { cursor } = await reading.jobs({ limit: 1 });
      expect((await reading.jobs({ limit: 1, cursor })).items).toHaveLength(1);
      await expect(reading.jobs({ filter: { queue: 'email' }, cursor })).rejects.toMatchObject({
        code: 'cursor_invalid',
      });
      await expect(reading.jobs({ sort: 'created', cursor })).rejects.toMatchObject({ code: 'cursor_invalid' });
    });

    test('a question that takes too long ends with a remedy, and the next one is answered', async () => {
      await put({});
      const hasty = new ReadSide({ database: db.database, statementTimeoutMs: 50 });
      const locked = db.database.transaction(async (tx) => {
        await tx.query('lock table jobs in access exclusive mode');
        await expect(hasty.jobs({})).rejects.toMatchObject({
          code: 'query_too_broad',
          hint: expect.stringContaining('from'),
        });
      });
      await locked;
      expect((await hasty.jobs({})).items).toHaveLength(1);
    });
  });

  test('numbers of a queue are those of its jobs, as time has changed their states', async () => {
    const due = Date.now() - 2 * HOUR;
    await put(
      {},
      { delayMs: HOUR },
      { delayMs: HOUR, at: due },
      { end: 'retrying' },
      { end: 'active' },
      { end: 'completed' },
      { end: 'completed', ranMs: 300 },
      { end: 'dead' },
      { type: 'report.sales' },
    );
    await db.database.query(
      `insert into control (key, entry, version) values ('pause:queue:email', '{}', 1), ('pause:type:email.bulk', '{}', 2)`,
    );
    expect(await reading.queue('email')).toMatchObject({
      ...{ waiting: 2, delayed: 1, retrying: 1, active: 1, completed: 2, dead: 1, accepted: 0, total: 8 },
      ...{ paused: true, pausedTypes: ['email.bulk'], types: ['email.welcome'], averageRunMs: 167 },
    });
    expect((await reading.queue('email')).oldestWaitingMs).toBeGreaterThan(HOUR / 2);
    expect((await reading.queues()).map(({ name }) => name)).toEqual(['email', 'report']);
    await expect(reading.queue('nobody')).rejects.toMatchObject({ code: 'queue_not_found' });
  });

  test('jobs are counted by any filter', async () => {
    await put({ tags: ['a'] }, { end: 'dead', tags: ['a'] }, { end: 'dead' }, { type: 'report.sales', end: 'dead' });
    expect(await reading.count({ state: 'dead' })).toEqual({ count: 3, atLeast: false });
    expect(await reading.count({ queue: 'email', state: 'dead' })).toEqual({ count: 2, atLeast: false });
    expect(await reading.count({ tag: 'a' })).toEqual({ count: 2, atLeast: false });
    expect(await reading.count({})).toEqual({ count: 4, atLeast: false });
  });

  test('dead jobs are grouped by their cause', async () => {
    const dead = (message: string): ToldJob => ({ end: 'dead', failure: { name: 'Error', message } });
    await put(dead('user 12 is unknown'), dead('user 7 is unknown'), dead('disk full'), { end: 'completed' });
    const groups = await reading.deadGroups({ queue: 'email' });
    expect(groups.map(({ count }) => count)).toEqual([2, 1]);
    expect(groups[0]).toMatchObject({ type: 'email.welcome', error: expect.stringMatching(/user \d+ is unknown/) });
    expect((await find({ fingerprint: groups[0]?.fingerprint })).length).toBe(2);
  });

  test('the feed goes on after the last number that was seen, and says when something is lost', async () => {
    const { seq } = await reading.feed('now');
    const [first] = await put({});
    const [second] = await put({ end: 'completed' });
    const told = await reading.feed(seq);
    expect(told).toMatchObject({ seq: seq + 2, lost: false });
    expect(told.changes.map(({ id }) => id)).toEqual([first, second]);
    expect(await reading.feed(told.seq)).toEqual({ seq: told.seq, changes: [], lost: false });
    await db.database.query('delete from feed where seq <= $1', [seq + 1]);
    expect(await reading.feed(seq)).toMatchObject({ lost: true, changes: [{ id: second, state: 'completed' }] });
    expect(await reading.feed(told.seq + 1_000)).toEqual({ seq: told.seq, changes: [], lost: true });
  });
});
