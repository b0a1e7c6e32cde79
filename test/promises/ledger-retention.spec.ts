import type { Actor, JobFilter } from '../../libs/ledger/src/api';
import { countChanges } from '../../libs/ledger/src/record/effects/counts';
import {
  countsDuty,
  feedDuty,
  ReadSide,
  Recorder,
  Removal,
  RetentionDuty,
  type RetentionOptions,
} from '../../libs/ledger/src';
import { type TestDatabase, testDatabase } from '../support/database';
import { type ToldJob, tell } from '../support/told-jobs';

const DAY = 24 * 3_600_000;
const ada: Actor = { name: 'ada', role: 'operator', ip: '127.0.0.1' };

describe('retention', () => {
  let db: TestDatabase;
  let recorder: Recorder;
  let reading: ReadSide;
  const now = Date.now();

  beforeEach(async () => {
    db = await testDatabase();
    recorder = new Recorder(db.database, [countChanges]);
    reading = new ReadSide({ database: db.database });
  });
  afterEach(() => db.drop());

  async function put(...jobs: ToldJob[]): Promise<string[]> {
    const told = jobs.map(tell);
    await recorder.record(told.flatMap(({ facts }) => facts));
    return told.map(({ id }) => id);
  }
  const retain = (options?: RetentionOptions, at = now): Promise<string> =>
    new RetentionDuty(db.database, options, () => at).run(AbortSignal.timeout(60_000));
  const idsOf = async (filter: JobFilter = {}): Promise<string[]> =>
    (await reading.jobs({ filter, limit: 200 })).items.map(({ id }) => id).sort();
  const tables = async (like: string): Promise<string[]> =>
    (
      await db.database.query<{ relname: string }>(
        'select relname from pg_class where relname like $1 and relkind = $2 order by 1',
        [like, 'r'],
      )
    ).map(({ relname }) => relname);
  const total = async (): Promise<number> => (await reading.queue('email')).total;

  test('what ended in the days to come has its day; what ended before is moved to a day of its own', async () => {
    await put({ end: 'completed' }, { end: 'completed', at: now - 3 * DAY });
    expect(await db.database.query('select count(*)::int from history_completed_rest')).toEqual([{ count: 1 }]);
    await retain();
    expect(await db.database.query('select count(*)::int from history_completed_rest')).toEqual([{ count: 0 }]);
    expect(await idsOf()).toHaveLength(2);
    expect((await tables('history_completed_2%')).length).toBe(3);
    expect((await tables('logs_2%')).length).toBe(2);
    await retain();
    expect((await tables('history_completed_2%')).length).toBe(3);
  });

  test('completed jobs go after 7 days, those given up after 30; whole days at once, and the numbers with them', async () => {
    const ids = await put(
      { end: 'completed', at: now - 9 * DAY },
      { end: 'completed', at: now - 6 * DAY },
      { end: 'dead', at: now - 9 * DAY },
      { end: 'dead', at: now - 32 * DAY },
      { end: 'cancelled', at: now - 32 * DAY },
      { end: 'expired', at: now - 29 * DAY },
    );
    await retain();
    expect(await idsOf()).toEqual([ids[1], ids[2], ids[5]].sort());
    expect(await total()).toBe(3);
    expect(await tables('dropped%')).toEqual([]);
  });

  test('what was taken out before a crash is counted and dropped by the next run', async () => {
    await put({ end: 'completed', at: now - 6 * DAY }, { end: 'completed', at: now });
    await retain();
    const [day = ''] = await tables('history_completed_2%');
    await db.database.query(`alter table history_completed detach partition ${day}`);
    await db.database.query(`alter table ${day} rename to dropped_${day}`);
    await retain();
    expect(await total()).toBe(1);
    expect(await tables('dropped%')).toEqual([]);
  });

  test('jobs that are not finished stay, however old: delayed far, blocked, waiting in a paused queue, running', async () => {
    const at = now - 400 * DAY;
    const ids = await put({ at, delayMs: 800 * DAY }, { at }, { at, end: 'active' }, { at, end: 'retrying' });
    await db.database.query("update jobs set state = 'blocked' where id = $1", [ids[1]]);
    await put({ at: now - 9 * DAY, end: 'completed' });
    await retain({ ageMs: { completed: DAY, dead: DAY }, rules: [{ queue: 'email', last: 0 }, { ageMs: 1 }] });
    expect(await idsOf()).toEqual(ids.sort());
    await expect(new Removal(db.database).clean('email', { state: 'waiting', graceMs: 0 }, ada)).rejects.toMatchObject({
      code: 'filter_invalid',
      field: 'state',
    });
    await expect(new Removal(db.database).remove(ids[0] ?? '', ada)).rejects.toMatchObject({
      code: 'job_not_finished',
    });
    expect(await idsOf()).toEqual(ids.sort());
  });

  test('late reports of dropped days make no ghosts, and those of jobs that are known still count', async () => {
    const old = tell({ end: 'completed', at: now - 9 * DAY });
    const delayed = tell({ delayMs: 20 * DAY, at: now - 10 * DAY });
    await recorder.record([...old.facts, ...delayed.facts]);
    await retain();
    await recorder.record(old.facts);
    await recorder.record(old.facts.slice(1, 2));
    expect(await idsOf()).toEqual([delayed.id]);
    const line = { ...old.facts[1], event: 'logged', level: 'info', message: 'late', seq: 1 };
    await recorder.record([line as (typeof old.facts)[number]]);
    expect(await db.database.query('select count(*)::int from logs')).toEqual([{ count: 0 }]);
    expect(await total()).toBe(1);
    const started = { ...delayed.facts[0], event: 'started', attempt: 1, delivery: 0, worker: 'w', at: now };
    await recorder.record([started as (typeof old.facts)[number]]);
    expect((await reading.job(delayed.id)).state).toBe('active');
  });

  test('a job that is removed stays removed when its reports come again, and may be added anew under its own id', async () => {
    const { facts } = tell({ key: 'invoice', end: 'completed', at: now - 5_000 });
    await recorder.record(facts);
    await new Removal(db.database).remove('invoice', ada);
    await recorder.record(facts);
    await expect(reading.job('invoice')).rejects.toMatchObject({ code: 'job_not_found' });
    await recorder.record(tell({ key: 'invoice', at: Date.now() + 1_000 }).facts);
    expect((await reading.job('invoice')).state).toBe('waiting');
    expect(await total()).toBe(1);
  });

  test('removing is written down, with its logs gone', async () => {
    const { id, facts } = tell({ end: 'completed' });
    const line = { ...facts[1], event: 'logged', level: 'info', message: 'hello', seq: 1 };
    await recorder.record([...facts, line as (typeof facts)[number]]);
    await new Removal(db.database).remove(id, ada);
    expect(await db.database.query('select * from logs')).toEqual([]);
    expect(await db.database.query('select actor, role, action, target, ip from audit')).toEqual([
      { actor: 'ada', role: 'operator', action: 'jobs.remove', target: id, ip: '127.0.0.1' },
    ]);
    await expect(new Removal(db.database).remove(id, ada)).rejects.toMatchObject({ code: 'job_not_found' });
  });

  test('cleaning a queue takes the oldest of one state that ended long enough ago, at most so many', async () => {
    const at = (hours: number): number => now - hours * 3_600_000;
    const ids = await put(
      { end: 'dead', at: at(5) },
      { end: 'dead', at: at(4) },
      { end: 'dead', at: at(3) },
      { end: 'dead', at: at(1) },
      { end: 'completed', at: at(5) },
      { end: 'dead', at: at(5), type: 'report.sales' },
    );
    const clean = (limit?: number) =>
      new Removal(db.database).clean('email', { state: 'dead', graceMs: 2 * 3_600_000, limit }, ada);
    expect(await clean(2)).toEqual({ removed: 2 });
    expect(await idsOf()).toEqual(ids.slice(2).sort());
    expect(await clean()).toEqual({ removed: 1 });
    expect(await clean()).toEqual({ removed: 0 });
    expect(await idsOf()).toEqual(ids.slice(3).sort());
    expect(await db.database.query('select count(*)::int from audit')).toEqual([{ count: 3 }]);
  });

  test('cleaning a queue that there is not says so', async () => {
    await expect(new Removal(db.database).clean('emial', { state: 'dead', graceMs: 0 }, ada)).rejects.toMatchObject({
      ...{ code: 'queue_not_found', field: 'queue', hint: expect.any(String) },
    });
  });

  test('workers that went long ago, and actions that ended long ago, are forgotten; others are not', async () => {
    await db.database.query(
      `insert into workers (name, queues, types, running, held, started_at, said_at, pulse, seen_at, gone)
       select name, '{}', '{}', '{}', 0, now(), now(), 0, now() - days * interval '1 day', gone
       from (values ('old', 8, true), ('lately', 6, true), ('lives', 8, false)) as w (name, days, gone)`,
    );
    await db.database.query(
      `insert into bulk_actions (id, action, filter, args, state, created_by, finished_at)
       select gen_random_uuid(), name, '{}', '{}', 'done', 'ada', now() - days * interval '1 day'
       from (values ('old', 31), ('lately', 29), ('runs', null)) as b (name, days)`,
    );
    await retain();
    const names = async (sql: string): Promise<unknown[]> =>
      (await db.database.query<{ name: string }>(sql)).map(({ name }) => name);
    expect(await names('select name from workers order by name')).toEqual(['lately', 'lives']);
    expect(await names('select action as name from bulk_actions order by action')).toEqual(['lately', 'runs']);
  });

  test('a job that says how long it is kept is kept so long: longer than the rest, or shorter', async () => {
    const [long, short] = await put(
      { end: 'completed', at: now - 20 * DAY },
      { end: 'dead', at: now - 2 * DAY },
      { end: 'completed', at: now - 20 * DAY },
    );
    // Their submission says it (`keepFor`): the row is put on the shelf of those with a retention of their own.
    await db.database.query('update history set keep_ms = $2, shelf = 2 where id = $1', [long, 90 * DAY]);
    await db.database.query('update history set keep_ms = $2, shelf = 2 where id = $1', [short, DAY]);
    await retain({ rules: [{ last: 0 }] });
    expect(await idsOf()).toEqual([long]);
    expect(await total()).toBe(1);
    expect((await tables('history_own_2%')).length).toBe(3);
    await db.database.query('update history set keep_ms = 1');
    await retain();
    expect(await idsOf()).toEqual([]);
    expect((await tables('history_own_2%')).length).toBe(2);
  });

  test('the last so many of a queue, a type, a state are kept', async () => {
    const of = (type: string, end: ToldJob['end'], count: number): ToldJob[] =>
      Array.from({ length: count }, (_, n) => ({ type, end, at: now - n * 60_000 }));
    const welcome = await put(...of('email.welcome', 'completed', 6));
    const dead = await put(...of('email.welcome', 'dead', 4));
    const bulk = await put(...of('email.bulk', 'completed', 5));
    await retain({
      rules: [
        { type: 'email.welcome', state: 'completed', last: 2 },
        { queue: 'email', state: 'dead', last: 3 },
      ],
    });
    expect(await idsOf()).toEqual([...welcome.slice(0, 2), ...dead.slice(0, 3), ...bulk].sort());
  });

  test('states may be kept shorter than others that are given up', async () => {
    const [, dead] = await put({ end: 'cancelled', at: now - 2 * DAY }, { end: 'dead', at: now - 2 * DAY });
    await retain({ ageMs: { cancelled: DAY } });
    expect(await idsOf()).toEqual([dead]);
  });

  test('a reader who holds on to a day delays its end, and fails nothing', async () => {
    const [id] = await put({ end: 'completed', at: now - 9 * DAY });
    await retain({ ageMs: { completed: 30 * DAY } });
    await db.database.transaction(async (tx) => {
      await tx.query('select count(*) from history');
      await retain();
    });
    expect(await idsOf()).toEqual([id]);
    await retain();
    expect(await idsOf()).toEqual([]);
  });

  test('sums stay right while they are added up and changed at once', async () => {
    const duty = countsDuty(db.database);
    const work = Array.from({ length: 20 }, () => put({}, { end: 'completed' }));
    await Promise.all([...work, duty.run(), duty.run(), duty.run()]);
    await duty.run();
    expect(await reading.queue('email')).toMatchObject({ waiting: 20, completed: 20, total: 40, averageRunMs: 100 });
    expect((await db.database.query('select * from counts')).length).toBe(2);
  });

  test('the feed is bounded by age and by number', async () => {
    await db.database.query("update heads set value = 10 where name = 'feed'");
    await db.database.query("insert into feed (seq, changes, at) select n, '[]', now() from generate_series(1, 10) n");
    await db.database.query("update feed set at = now() - interval '2 hours' where seq <= 3");
    const left = async (): Promise<number[]> =>
      (await db.database.query<{ seq: string }>('select seq from feed order by seq')).map(({ seq }) => Number(seq));
    await feedDuty(db.database).run();
    expect(await left()).toEqual([4, 5, 6, 7, 8, 9, 10]);
    await feedDuty(db.database, { most: 2 }).run();
    expect(await left()).toEqual([9, 10]);
  });
});
