import { z } from 'zod';
import { defineJob, defineSchedule } from '../../libs/jobs/src';
import { catalogOf } from '../../libs/jobs/src/wire';
import { type Actor, Database, Recorder, type ScheduleRequest } from '../../libs/ledger/src';
import { BulkActions } from '../../libs/ledger/src/control/bulk-actions';
import { payloadCheck } from '../../libs/ledger/src/control/check-payload';
import { Bulk } from '../../libs/ledger/src/duties/bulk';
import { OverdueTicks } from '../../libs/ledger/src/duties/overdue-ticks';
import { silentLedger } from '../../libs/ledger/src/ledger-events';
import { noSecrets } from '../../libs/ledger/src/record/secrets';
import { removeMany } from '../../libs/ledger/src/retention/remove-many';
import { Schedules } from '../../libs/ledger/src/schedules/scheduling';
import { Ticks } from '../../libs/ledger/src/schedules/ticks';
import { type TestDatabase, testDatabase } from '../support/database';
import { EFFECTS } from '../support/submit-world';

const Report = defineJob({ type: 'report.sales', payload: z.object({ days: z.number() }) });
const ADA: Actor = { name: 'ada', role: 'operator' };
const HOUR = 3_600_000;

describe('the ledger makes of each moment of a schedule', () => {
  let db: TestDatabase;
  const databases: Database[] = [];
  beforeAll(async () => {
    db = await testDatabase();
  });
  afterAll(async () => {
    for (const database of databases) await database.close();
    await db.drop();
  });
  beforeEach(() =>
    db.database.query(
      'truncate schedules, schedule_ticks, schedulers, jobs, history, outbox, control, control_log, bulk_actions',
    ),
  );

  /** One producer's, with connections of its own. */
  function room() {
    const database = new Database({ url: db.url });
    databases.push(database);
    const catalog = catalogOf([Report]);
    const making = { catalog, effects: EFFECTS, secrets: noSecrets, maxPayloadBytes: 1_000_000 };
    const missed: [string, number][] = [];
    const failed: string[] = [];
    const events = {
      ...silentLedger,
      missed: (name: string, moments: number) => void missed.push([name, moments]),
      failed: (what: string) => void failed.push(what),
    };
    const recorder = new Recorder(database, EFFECTS);
    const ticks = new Ticks({ database, recorder, events, ...making });
    const checkPayload = payloadCheck(catalog, 1_000_000);
    const bulk = new Bulk({ database, recorder, checkPayload, remove: removeMany, step: 2 });
    const schedules = new Schedules({ ticks, checkPayload });
    const duties = { bulk, actions: new BulkActions(database), duty: new OverdueTicks(database, ticks) };
    return { ticks, schedules, missed, failed, ...duties };
  }

  const make = (changes: Partial<ScheduleRequest> = {}, { schedules } = room()) =>
    schedules.createSchedule(
      { name: 'sales', type: 'report.sales', payload: { days: 7 }, every: '1m', ...changes },
      ADA,
    );
  /** Nobody has decided anything for so long. */
  const neglect = (ms: number) =>
    db.database.query(
      `update schedules set anchor = anchor - make_interval(secs => $1), watermark = watermark - make_interval(secs => $1),
       next_at = next_at - make_interval(secs => $1)`,
      [ms / 1_000],
    );
  const made = () =>
    db.database.query<{ id: string; schedule: string; scheduled_for: Date; origin: string; state: string }>(
      'select id, schedule, scheduled_for, origin, state from jobs order by scheduled_for, id',
    );
  const outcomes = async () =>
    (
      await db.database.query<{ outcome: string }>('select outcome from schedule_ticks order by decided_at, instant')
    ).map(({ outcome }) => outcome);
  const finish = (where = 'true') => db.database.query(`delete from jobs where ${where}`);
  const tick = (by = 'x') => ({ schedule: 'sales', instant: Date.now(), by });

  test('one job, whoever tells it, however often, from however many producers', async () => {
    await make();
    await neglect(60_500);
    const [one, two, three] = [room(), room(), room()];
    const all = [one, two, three].flatMap(({ ticks }) =>
      Array.from({ length: 20 }, (_, i) => ticks.take([tick(`s${i}`)])),
    );
    await Promise.all(all);
    const jobs = await made();
    expect(jobs).toHaveLength(1);
    expect(jobs[0]).toMatchObject({ schedule: 'sales', origin: 'schedule' });
    const view = await one.schedules.schedule('sales');
    expect(view).toMatchObject({ runCount: 1, lastJobId: jobs[0]?.id, says: 'Every minute', handled: false });
    expect(view.lastRun).toBe(jobs[0]?.scheduled_for.toISOString());
    expect(view.lastTick).toMatchObject({ by: expect.stringMatching(/^s\d+$/) });
    // Who comes second decides nothing, and ticks all the same.
    const { schedulers } = await one.schedules.scheduleHealth();
    expect(schedulers.map(({ name }) => name).sort()).toEqual(Array.from({ length: 20 }, (_, i) => `s${i}`).sort());
    expect(schedulers[0]?.lastTick).toMatch(/^\d{4}-.*Z$/);
  });

  test('nothing, when a stale scheduler tells what the schedule does not have any more, or an hour ahead', async () => {
    const { ticks, schedules } = room();
    await make();
    await schedules.updateSchedule('sales', { cron: '0 0 1 1 *', timeZone: 'UTC' }, ADA);
    await ticks.take([tick(), { ...tick(), instant: Date.now() + HOUR }, { ...tick(), instant: Date.now() - HOUR }]);
    await ticks.take([{ schedule: 'nobody', instant: Date.now(), by: 'x' }]);
    expect(await made()).toEqual([]);
  });

  test('what is due when it is edited is decided by what it was, and nothing before by what it is', async () => {
    const { schedules } = room();
    await make();
    await neglect(60_500);
    await schedules.updateSchedule('sales', { every: '1s' }, ADA);
    expect(await made()).toHaveLength(1);
  });

  test('nothing of what was due while it was off', async () => {
    const { schedules, ticks } = room();
    await make();
    await schedules.setScheduleEnabled('sales', false, ADA);
    await neglect(10 * 60_000);
    await ticks.take([tick()]);
    const { nextRun } = await schedules.setScheduleEnabled('sales', true, ADA);
    await ticks.take([tick()]);
    expect(await made()).toEqual([]);
    expect(Date.parse(nextRun ?? '')).toBeGreaterThan(Date.now());
  });

  test.each([
    ['skip', 1, { missed: 9, caught_up: 0 }],
    ['once', 2, { missed: 8, caught_up: 1 }],
    ['all', 6, { missed: 4, caught_up: 5 }],
  ] as const)('after ten minutes without anybody, by its policy: %s', async (catchUp, jobs, counts) => {
    const { duty, schedules, missed } = room();
    await make({ catchUp, catchUpLimit: 5, grace: '30s' });
    await neglect(10 * 60_000 + 5_000);
    await duty.run();
    await duty.run();
    expect(await made()).toHaveLength(jobs);
    const seen = await outcomes();
    expect({
      missed: seen.filter((outcome) => outcome === 'missed').length,
      caught_up: seen.filter((outcome) => outcome === 'caught_up').length,
    }).toEqual(counts);
    expect(seen.at(-1)).toBe('ran');
    expect(missed).toEqual([['sales', counts.missed]]);
    expect((await schedules.schedule('sales')).missedCount).toBe(counts.missed);
  });

  test('none while one is not finished, with overlap skip', async () => {
    const { ticks, schedules } = room();
    await make({ overlap: 'skip' });
    for (let i = 0; i < 3; i++) {
      await neglect(61_000);
      await ticks.take([tick()]);
    }
    expect([(await made()).length, await outcomes()]).toEqual([1, ['ran', 'skipped', 'skipped']]);
    await finish();
    await neglect(61_000);
    await ticks.take([tick()]);
    expect(await made()).toHaveLength(1);
    expect(await schedules.schedule('sales')).toMatchObject({ runCount: 2, skippedCount: 2 });
  });

  test('one after the other, with overlap queue', async () => {
    const { ticks, duty } = room();
    await make({ overlap: 'queue' });
    for (let i = 0; i < 3; i++) {
      await neglect(61_000);
      await ticks.take([tick()]);
    }
    expect(await outcomes()).toEqual(['ran', 'queued', 'queued']);
    for (const left of [1, 0]) {
      await duty.run();
      expect(await made()).toHaveLength(1);
      await finish();
      await duty.run();
      expect([(await made()).length, (await outcomes()).filter((outcome) => outcome === 'queued').length]).toEqual([
        1,
        left,
      ]);
    }
    await finish();
    await duty.run();
    expect(await made()).toEqual([]);
  });

  test('one that was missed and waited for the job before it is made up for, and says so', async () => {
    const { ticks, duty } = room();
    await make({ overlap: 'queue', catchUp: 'once', grace: '30s' });
    await neglect(61_000);
    await ticks.take([tick()]);
    await neglect(5 * 60_000 + 7_000);
    await ticks.take([tick()]);
    await finish();
    await duty.run();
    // The last of those that were missed; the one after it, which came in time, waits for it in turn.
    expect((await outcomes()).filter((outcome) => outcome !== 'missed')).toEqual(['ran', 'queued', 'caught_up']);
  });

  test('one in the place of the one that runs, with overlap cancel-running', async () => {
    const { ticks } = room();
    await make({ overlap: 'cancel-running' });
    await neglect(61_000);
    await ticks.take([tick()]);
    const [first] = await made();
    await neglect(61_000);
    await ticks.take([tick()]);
    const rows = await db.database.query<{ id: string }>(
      'select id from jobs where cancel_requested_at is not null union all select id from history',
    );
    expect(rows).toEqual([{ id: first?.id }]);
    expect((await made()).filter(({ id }) => id !== first?.id)).toHaveLength(1);
  });

  test('as many as its limit says, and then it is finished', async () => {
    const { ticks, schedules } = room();
    await make({ limit: 2 });
    for (let i = 0; i < 4; i++) {
      await neglect(61_000);
      await ticks.take([tick()]);
    }
    expect(await made()).toHaveLength(2);
    const view = await schedules.schedule('sales');
    expect([view.finished, view.nextRun, await schedules.nextRuns('sales', 3)]).toEqual([true, undefined, []]);
    expect(await db.database.query(`select key from control where key like 'schedule:%'`)).toEqual([]);
  });

  test('as many as its limit says, also of those that are made up for, and of those that wait', async () => {
    const { ticks, duty, schedules } = room();
    await make({ name: 'late', limit: 2, catchUp: 'all', grace: '30s' });
    await make({ limit: 2, overlap: 'queue' });
    for (let i = 0; i < 4; i++) {
      await neglect(61_000);
      await ticks.take([tick()]);
    }
    await duty.run();
    expect((await made()).map(({ schedule }) => schedule).sort()).toEqual(['late', 'late', 'sales']);
    const { items } = await schedules.scheduleRuns('sales', {});
    expect(items.map(({ outcome }) => outcome).sort()).toEqual(['queued', 'ran', 'skipped', 'skipped']);
    await finish();
    await duty.run();
    expect((await made()).map(({ schedule }) => schedule)).toEqual(['sales']);
    expect(await schedules.schedule('sales')).toMatchObject({ finished: true, runCount: 2, lateMs: undefined });
  });

  test('counted from its start, also where that is edited', async () => {
    const { schedules } = room();
    await make();
    const start = new Date(Math.ceil(Date.now() / 60_000) * 60_000 + 30_000).toISOString();
    expect((await schedules.updateSchedule('sales', { start }, ADA)).nextRun).toBe(start);
    const [, second] = await schedules.nextRuns('sales', 2);
    expect(Date.parse(second ?? '') - Date.parse(start)).toBe(60_000);
  });

  test('and of each trigger, however many come at once', async () => {
    const { schedules } = room();
    await make();
    await Promise.all(Array.from({ length: 5 }, () => schedules.triggerSchedule('sales', ADA)));
    const { items } = await schedules.scheduleRuns('sales', {});
    expect(items.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 5 }, () => 'triggered'));
    expect(new Set(items.map(({ scheduledFor }) => scheduledFor)).size).toBe(5);
    expect((await made()).map(({ id }) => id).sort()).toEqual(items.map(({ jobId }) => jobId).sort());
  });

  test('a job, and not a second one, after it was deleted and made again under its name', async () => {
    const { ticks, schedules } = room();
    await make();
    await neglect(60_500);
    await ticks.take([tick()]);
    await schedules.deleteSchedule('sales', { jobs: 'keep' }, ADA);
    await make();
    await ticks.take([tick(), { ...tick(), instant: Date.now() - 500 }]);
    expect(await made()).toHaveLength(1);
    expect((await schedules.schedule('sales')).revision).toBeGreaterThan(2);
  });

  test('deleting it cancels its jobs that do not run, however many, where that is asked for', async () => {
    const { schedules, bulk, actions } = room();
    await make();
    for (let jobs = 0; jobs < 5; jobs += 1) await schedules.triggerSchedule('sales', ADA);
    await db.database.query(`update jobs set state = 'active' where id = (select min(id::text)::uuid from jobs)`);
    const begun = await schedules.deleteSchedule('sales', { jobs: 'cancel' }, ADA);
    expect(begun).toMatchObject({ action: 'cancel', state: 'running', matched: 0, createdBy: 'ada' });
    await expect(schedules.schedule('sales')).rejects.toMatchObject({ code: 'schedule_not_found' });
    await make();
    await schedules.triggerSchedule('sales', ADA);

    expect(await bulk.run()).toBe('more');
    const progress = await actions.view(begun?.id ?? '');
    expect(progress).toMatchObject({ state: 'running', matched: expect.any(Number) });
    expect(progress.matched).toBeLessThan(3);
    for (let more = true; more;) more = (await bulk.run()) === 'more';
    expect(await actions.view(begun?.id ?? '')).toMatchObject({ state: 'done', matched: 4, done: 4, failed: 0 });
    const left = await db.database.query<{ state: string }>('select state from jobs where cancel_requested_at is null');
    expect(left.map(({ state }) => state).sort()).toEqual(['active', 'waiting']);
  });

  test('two edits at once: the second one, which has not seen the first, is refused', async () => {
    const [one, two] = [room(), room()];
    const { revision } = await make();
    const edits = [one, two].map(({ schedules }, i) =>
      schedules.updateSchedule('sales', { every: `${i + 2}m` }, ADA, revision),
    );
    const ends = (await Promise.allSettled(edits)).map(({ status }) => status);
    expect(ends.sort()).toEqual(['fulfilled', 'rejected']);
    expect((await one.schedules.schedule('sales')).revision).toBe(revision + 1);
  });

  test('declared in code it is made once, changed by the code, and otherwise as people set it', async () => {
    const { schedules } = room();
    const declare = (every: string) =>
      defineSchedule({ name: 'sales', job: Report, payload: { days: 7 }, every }).request as unknown as ScheduleRequest;
    await schedules.registerSchedules([declare('1m')], 'workers');
    await schedules.setScheduleEnabled('sales', false, ADA);
    await schedules.registerSchedules([declare('1m')], 'workers');
    expect(await schedules.schedule('sales')).toMatchObject({ enabled: false, source: 'code', every: 60_000 });
    await schedules.registerSchedules([declare('2m')], 'workers');
    expect(await schedules.schedule('sales')).toMatchObject({ enabled: false, every: 120_000, updatedBy: 'workers' });
  });

  test('declared by the thousand, by two programs at once, with a mistake among them, each other one is made once', async () => {
    const [one, two] = [room(), room()];
    const requests: ScheduleRequest[] = Array.from({ length: 1_200 }, (_, i) => ({
      ...{ name: `s${i}`, type: 'report.sales', payload: { days: i === 700 ? 'many' : 7 }, cron: '0 9 * * MON' },
    }));
    const register = () =>
      Promise.all([one, two].map(({ schedules }) => schedules.registerSchedules(requests, 'workers')));
    const version = async () => (await db.database.query('select max(version) as newest from control_log'))[0];
    await register();
    const rows = await db.database.query<{ name: string }>('select name from schedules where revision = 1');
    expect(rows).toHaveLength(1_199);
    expect(rows.map(({ name }) => name)).not.toContain('s700');
    expect(one.failed).toEqual([expect.stringContaining('"s700"')]);
    const before = await version();
    await register();
    expect(await version()).toEqual(before);
  });

  test('a moment whose job cannot be made holds up no other', async () => {
    const { ticks, schedules } = room();
    await make();
    await make({ name: 'other' });
    await db.database.query(`update schedules set payload = '{"days":"many"}' where name = 'sales'`);
    await neglect(60_500);
    await ticks.take([tick(), { ...tick(), schedule: 'other' }]);
    expect((await made()).map(({ schedule }) => schedule)).toEqual(['other']);
    const { items } = await schedules.scheduleRuns('sales', {});
    expect(items).toMatchObject([{ outcome: 'failed', reason: expect.stringContaining('days') }]);
  });
});
