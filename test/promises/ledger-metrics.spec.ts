import { AuditLog, Database, ReadSide, Recorder } from '../../libs/ledger/src';
import { metricsDuty } from '../../libs/ledger/src/duties/metrics';
import { RetentionDuty } from '../../libs/ledger/src/duties/retention';
import { countChanges } from '../../libs/ledger/src/record/effects/counts';
import { type TestDatabase, testDatabase } from '../support/database';
import { walkedTables, watchPlans } from '../support/plans';
import { tell } from '../support/told-jobs';

const DAY_MS = 86_400_000;
/** The first millisecond of a minute, some time ago. */
const START = Math.floor((Date.now() - 3 * 3_600_000) / 60_000) * 60_000;

describe('what happened by the minute', () => {
  let db: TestDatabase;
  let recorder: Recorder;
  let reading: ReadSide;
  beforeAll(async () => {
    db = await testDatabase();
    recorder = new Recorder(db.database, [countChanges]);
    reading = new ReadSide({ database: db.database });
  });
  afterAll(() => db.drop());
  beforeEach(() => db.database.query('truncate jobs, history, counts, metrics, audit'));

  const read = (query: object = {}) =>
    reading.metrics({ from: iso(START), to: iso(START + 3_600_000), ...query }).then(({ items }) => items);
  const iso = (at: number): string => new Date(at).toISOString();
  const none = { accepted: 0, started: 0, completed: 0, failed: 0, dead: 0, cancelled: 0, expired: 0 };
  const told = [
    ...[100, 300].map((ranMs) => tell({ at: START, end: 'completed', ranMs })),
    tell({ at: START, end: 'retrying', ranMs: 50 }),
    tell({ at: START + 90_000, end: 'dead', ranMs: 10 }),
    tell({ at: START + 90_000, type: 'report.sales', end: 'expired' }),
  ].flatMap(({ facts }) => facts);
  const expected = [
    { ...none, at: iso(START), accepted: 3, started: 3, failed: 1, completed: 2, averageRunMs: 150, longestRunMs: 300 },
    {
      ...none,
      at: iso(START + 60_000),
      accepted: 2,
      started: 2,
      failed: 1,
      dead: 1,
      expired: 1,
      averageRunMs: 10,
      longestRunMs: 10,
    },
  ];

  test('is told once, however often and in whatever order it is recorded, and added up without a loss', async () => {
    const duty = metricsDuty(db.database);
    for (const fact of told.toReversed()) await recorder.record([fact]);
    expect(await read()).toEqual(expected);
    await duty.run();
    await recorder.record(told);
    await duty.run();
    expect(await read()).toEqual(expected);
    expect(await db.database.query('select queue from metrics order by queue, minute')).toEqual([
      { queue: 'email' },
      { queue: 'email' },
      { queue: 'report' },
    ]);
    await recorder.record(tell({ at: START, end: 'completed', ranMs: 500 }).facts);
    await duty.run();
    expect((await read())[0]).toMatchObject({ accepted: 4, completed: 3, longestRunMs: 500 });
  });

  test('is read of one queue, in longer steps, and never more than can be looked at', async () => {
    await recorder.record(told);
    expect(await read({ queue: 'report' })).toEqual([
      { ...none, at: iso(START + 60_000), accepted: 1, started: 1, expired: 1 },
    ]);
    const [hour] = await read({ from: iso(START - 3_600_000), step: '1d' });
    expect(hour).toMatchObject({ accepted: 5, failed: 2, averageRunMs: 115, longestRunMs: 300 });
    await expect(read({ from: iso(START - 2 * DAY_MS) })).rejects.toMatchObject({
      code: 'query_too_broad',
      field: 'step',
    });
    await expect(read({ step: '90s' })).rejects.toMatchObject({ code: 'filter_invalid', field: 'step' });
    await expect(read({ to: iso(START) })).rejects.toMatchObject({ code: 'filter_invalid', field: 'from' });
  });

  test('goes when it is old, as who did what does; and no list of that is walked from end to end', async () => {
    await recorder.record(told);
    const log = new AuditLog(db.database);
    const entry = (n: number) => ({
      actor: n === 7 ? 'rare' : `a${n % 3}`,
      role: 'admin',
      action: n === 9 ? 'odd' : 'jobs.add',
    });
    await log.write(Array.from({ length: 5_000 }, (_, n) => entry(n)));
    await db.database.query('analyze audit');

    const watched = new Database({ url: db.url, connections: 1 });
    const { plans } = watchPlans(watched);
    const watchedLog = new AuditLog(watched);
    await watchedLog.list({ limit: 1 });
    for (const page of [{ actor: 'rare' }, { action: 'odd' }, { actor: 'a1', action: 'jobs.add', before: 3_000 }]) {
      plans.splice(0);
      expect((await watchedLog.list({ limit: 10, ...page })).length).toBeGreaterThan(0);
      expect([plans.length > 0, plans.flatMap(walkedTables)]).toEqual([true, []]);
    }
    await watched.close();

    const left = async () =>
      (
        await db.database.query(
          'select (select count(*)::int from audit) as audit, (select count(*)::int from metrics) as metrics',
        )
      )[0];
    const at = (days: number) => new RetentionDuty(db.database, {}, () => Date.now() + days * DAY_MS);
    const { signal } = new AbortController();
    await at(13).run(signal);
    expect(await left()).toMatchObject({ audit: 5_000, metrics: expect.any(Number) });
    expect((await read()).length).toBe(2);
    await at(15).run(signal);
    expect(await left()).toEqual({ audit: 5_000, metrics: 0 });
    await at(91).run(signal);
    expect(await left()).toEqual({ audit: 0, metrics: 0 });
  });
});
