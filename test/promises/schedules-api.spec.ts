import { JOB_SERVICE, type JobService } from '../../apps/producer/src/job-service/job-service';
import { type ApiWorld, apiWorld, expectProblem } from '../support/api';
import { until } from '../support/until';

const SECRET = 'a-secret-for-the-cron-0123456789';
const METRICS_TOKEN = 'a-token-for-prometheus-0123456789';
const body = {
  ...{ name: 'greeting', cron: '0 9 * * MON-FRI', timeZone: 'Europe/Berlin', type: 'email.welcome' },
  payload: { to: 'ada@example.org', name: 'Ada' },
};

describe('schedules over REST', () => {
  let world: ApiWorld;
  beforeAll(async () => {
    world = await apiWorld({ env: { CRON_SECRET: SECRET, METRICS_TOKEN } });
  });
  afterAll(() => world.close());
  beforeEach(() => world.db.database.query('truncate schedules, schedule_ticks, jobs, outbox'));

  const create = (changes: object = {}) =>
    world.call({ method: 'POST', path: '/schedules', body: { ...body, ...changes } });

  test('are made, read, found and previewed', async () => {
    const answer = await create();
    expect(answer.statusCode).toBe(201);
    expect(answer.headers.etag).toBe('"1"');
    const schedule = answer.json<Record<string, unknown>>();
    expect(schedule).toMatchObject({
      ...body,
      ...{ says: 'At 09:00, Monday through Friday', enabled: true, source: 'api', runCount: 0, overlap: 'allow' },
      ...{ catchUp: 'once', handled: false, finished: false, createdBy: 'admin', nextRun: expect.any(String) },
    });
    expect((await world.call({ path: '/schedules/greeting' })).json()).toEqual(schedule);
    await create({ name: 'other', cron: undefined, timeZone: undefined, every: '15m' });
    const first = (await world.call({ path: '/schedules?limit=1' })).json<{ items: object[]; cursor: string }>();
    const second = (await world.call({ path: `/schedules?limit=1&cursor=${first.cursor}` })).json<{
      items: object[];
    }>();
    expect([...first.items, ...second.items]).toMatchObject([{ name: 'greeting' }, { name: 'other', every: 900_000 }]);
    const next = (await world.call({ path: '/schedules/greeting/next?count=5' })).json<{ runs: string[] }>();
    expect(next.runs).toHaveLength(5);
    expect(next.runs[0]).toBe(schedule.nextRun);
    const preview = { cron: '30 2 * * *', timeZone: 'America/New_York', count: 3 };
    const previewed = await world.call({ method: 'POST', path: '/schedules/preview', body: preview });
    expect(previewed.json()).toEqual({
      says: 'At 02:30',
      runs: [expect.any(String), expect.any(String), expect.any(String)],
    });
  });

  test.each([
    [{ cron: '61 * * * *' }, 'cron.minute'],
    [{ cron: '0 0 30 2 *' }, 'cron'],
    [{ timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ name: 'Not Legal' }, 'name'],
    [{ every: '5m' }, 'cron'],
    [{ payload: { to: 'nobody' } }, 'payload.to'],
    [{ type: 'email.nothing' }, 'type'],
    [{ options: { attempts: 0 } }, 'options.attempts'],
    [{ start: '2030-01-02T00:00:00Z', end: '2030-01-01T00:00:00Z' }, 'end'],
    [{ overlap: 'perhaps' }, 'overlap'],
    [{ limit: 0 }, 'limit'],
  ])('a mistake is refused, naming its field: %j', async (changes, field) => {
    expectProblem(await create(changes), 422, { field, detail: expect.any(String) });
  });

  test('a second one of its name is refused, and what is not there is not found', async () => {
    await create();
    expectProblem(await create(), 409, { code: 'schedule_exists' });
    for (const path of ['/schedules/nobody', '/schedules/nobody/next', '/schedules/nobody/runs'])
      expectProblem(await world.call({ path }), 404, { code: 'schedule_not_found' });
  });

  test('are changed by whoever has read them last: If-Match, or 412', async () => {
    await create();
    const change = (changes: object, etag?: string) =>
      world.call({
        ...{ method: 'PATCH', path: '/schedules/greeting', body: changes },
        headers: etag === undefined ? {} : { 'if-match': etag },
      });
    const answer = await change({ cron: 'daily', limit: 5 }, '"1"');
    expect(answer.headers.etag).toBe('"2"');
    expect(answer.json()).toMatchObject({ cron: 'daily', says: 'At 00:00', limit: 5, timeZone: 'Europe/Berlin' });
    expectProblem(await change({ cron: 'hourly' }, '"1"'), 412, { code: 'schedule_changed', field: 'if-match' });
    expectProblem(await change({ cron: 'hourly' }, 'nonsense'), 412);
    expect((await change({ limit: null, every: '1h' })).json()).not.toHaveProperty('limit');
    const after = (await world.call({ path: '/schedules/greeting' })).json<object>();
    expect(after).toMatchObject({ every: 3_600_000, revision: 3 });
    expect(after).not.toHaveProperty('cron');
    expectProblem(
      await world.call({ method: 'DELETE', path: '/schedules/greeting', headers: { 'if-match': '"1"' } }),
      412,
    );
  });

  test('are switched off and on, triggered, and deleted; runs are listed with their jobs', async () => {
    await create();
    const post = (what: string) => world.call({ method: 'POST', path: `/schedules/greeting/${what}` });
    const off = (await post('disable')).json<object>();
    expect(off).toMatchObject({ enabled: false });
    expect(off).not.toHaveProperty('nextRun');
    const triggered = await post('trigger');
    expect(triggered.statusCode).toBe(202);
    const { id } = triggered.json<{ id: string }>();
    const job = (await world.call({ path: `/jobs/${id}` })).json<{ scheduledFor: string }>();
    expect(job).toMatchObject({ schedule: 'greeting', type: 'email.welcome', scheduledFor: expect.any(String) });
    const { items } = (await world.call({ path: '/schedules/greeting/runs' })).json<{ items: object[] }>();
    expect(items).toMatchObject([{ outcome: 'triggered', jobId: id, tickedBy: 'admin' }]);
    expect((await world.call({ path: '/jobs?schedule=greeting' })).json()).toMatchObject({ items: [{ id }] });
    expect((await post('enable')).json()).toMatchObject({ enabled: true, runCount: 1, lastJobId: id });
    await post('trigger');
    const deleted = await world.call({ method: 'DELETE', path: '/schedules/greeting?jobs=cancel' });
    expect(deleted.statusCode).toBe(202);
    expect(deleted.json()).toMatchObject({ action: 'cancel', createdBy: 'admin' });
    expectProblem(await post('trigger'), 404, { code: 'schedule_not_found' });
    const action = { path: `/jobs/bulk/${deleted.json<{ id: string }>().id}` };
    const isDone = async () => (await world.call(action)).json<{ state: string }>().state === 'done';
    await until('its jobs are cancelled', isDone);
    expect((await world.call(action)).json()).toMatchObject({ matched: 2, done: 2, failed: 0 });
    await create();
    expect((await world.call({ method: 'DELETE', path: '/schedules/greeting' })).statusCode).toBe(204);
  });

  test('an external cron decides what is due by its secret, and any number of calls make one job', async () => {
    await create({ cron: undefined, timeZone: undefined, every: '1m' });
    await world.db.database.query(`update schedules set anchor = anchor - interval '61 s',
      watermark = watermark - interval '61 s', next_at = next_at - interval '61 s'`);
    const call = (method: 'GET' | 'POST', as: string | null) => world.call({ method, path: '/cron/greeting', as });
    expectProblem(await call('GET', null), 401);
    expectProblem(await call('POST', `${SECRET}x`), 401);
    expectProblem(await call('GET', world.keys.viewer), 403);
    const answers = await Promise.all((['POST', 'GET', 'POST', 'GET'] as const).map((method) => call(method, SECRET)));
    const told = answers.map((answer) => answer.json<{ ran: boolean }>());
    expect(told.filter(({ ran }) => ran)).toMatchObject([{ jobId: expect.any(String), nextRun: expect.any(String) }]);
    const last = (await call('GET', SECRET)).json<object>();
    expect(told.map((each) => ({ ...each, ran: false }))).toEqual(told.map(() => last));
    expect(await world.db.database.query(`select id from jobs where schedule = 'greeting'`)).toHaveLength(1);
    expectProblem(await world.call({ path: '/schedules', as: SECRET }), 401);
    await world.call({ method: 'POST', path: '/schedules/greeting/disable' });
    expectProblem(await call('POST', SECRET), 409, { code: 'schedule_disabled' });
  });

  test('health says what is late and which have no worker', async () => {
    await create();
    const { schedules } = (await world.app.inject({ url: '/health' })).json<{ details: { schedules: object } }>()
      .details;
    expect(schedules).toMatchObject({ status: 'up', enabled: 1, late: [], unhandled: ['greeting'] });
  });

  test('metrics tell of each schedule what became of its moments, to whoever may read', async () => {
    await create();
    await world.db.database.query(`update schedules set missed_count = 3, next_at = now() - interval '90 s',
      watermark = now(), ticked_at = 'epoch'::timestamptz + interval '1000 s'`);
    const ask = (as?: string) =>
      world.app.inject({ url: '/metrics', headers: as === undefined ? {} : { authorization: `Bearer ${as}` } });
    expectProblem(await ask(), 401, { code: 'token_missing_or_wrong' });
    expectProblem(await ask(`${METRICS_TOKEN}x`), 401);
    expectProblem(await ask(SECRET), 401);
    expectProblem(await world.call({ path: '/schedules', as: METRICS_TOKEN }), 401);
    for (const as of [METRICS_TOKEN, world.keys.viewer, world.token]) {
      const answer = await ask(as);
      expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, expect.stringMatching(/^text\/plain/)]);
      const lines = answer.body.split('\n');
      expect(lines).toContain('scutwork_schedule_missed_total{schedule="greeting"} 3');
      expect(lines).toContain('scutwork_schedule_last_tick_timestamp_seconds{schedule="greeting"} 1000');
      expect(lines).toContain('scutwork_schedule_unhandled{schedule="greeting"} 1');
      expect(lines).toContain('scutwork_ledger_up 1');
      const [, late] = /^scutwork_schedule_late_seconds{schedule="greeting"} ([\d.]+)$/m.exec(answer.body) ?? [];
      expect(Number(late)).toBeGreaterThanOrEqual(90);
    }
    await world.call({ method: 'DELETE', path: '/schedules/greeting' });
    expect((await ask(METRICS_TOKEN)).body).not.toContain('greeting');
  });

  test('a handler knows the schedule of its job, and its moment', async () => {
    const service = world.app.get<JobService>(JOB_SERVICE, { strict: false });
    const told: (Date | undefined)[] = [];
    service.registerHandler(
      'email.welcome',
      // Those of the tests before are worked too.
      (_mail, { schedule, scheduledFor }) => {
        if (schedule === 'mail') told.push(scheduledFor);
      },
    );
    await service.start();
    await service.scheduleRecurringEmail(
      'mail',
      'welcome',
      { to: 'ada@example.org', name: 'Ada' },
      { every: '1s', limit: 2 },
    );
    await until('two runs', () => told.length === 2);
    await service.stop();
    const [first, second] = told.map((moment) => moment?.getTime()).sort();
    expect(Number(second) - Number(first)).toBe(1_000);
    expect((await world.call({ path: '/schedules/mail' })).json()).toMatchObject({ finished: true, runCount: 2 });
  });
});
