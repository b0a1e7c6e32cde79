import { buildScheduler } from '../../apps/scheduler/src/build-scheduler';
import { schedules } from '../../apps/scheduler/src/schedules';
import { buildWorkers } from '../../apps/workers/src/build-workers';
import { Welcome } from '../../apps/workers/src/jobs';
import { EventBus, type ScutworkEvent, defineSchedule } from '../../libs/jobs/src';
import { type ApiWorld, apiWorld, expectProblem } from '../support/api';
import { keptLog } from '../support/apps';
import { untilSeen } from '../support/nest-app';
import { until } from '../support/until';

const Greeting = defineSchedule({
  name: 'greeting',
  every: '1s',
  job: Welcome,
  payload: { to: 'team@example.org', name: 'Team' },
  options: { priority: 'high' },
});

describe('the scheduler', () => {
  let world: ApiWorld;
  const closing: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    world = await apiWorld();
  });
  afterAll(() => world.close());
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  const start = async (env?: NodeJS.ProcessEnv, declared = [Greeting]) => {
    const app = await buildScheduler(world.home.config(env), keptLog().logger, declared);
    closing.push(() => app.close());
    const seen: ScutworkEvent[] = [];
    app.get(EventBus).onAny((event) => seen.push(event));
    await app.init();
    return { app, seen, until: untilSeen(app.get(EventBus), seen) };
  };

  it('makes its schedules known and ticks them; a worker runs each job knowing its moment', async () => {
    const workers = await buildWorkers(world.home.config(), keptLog().logger);
    closing.push(() => workers.close());
    await workers.init();
    await workers.startAllMicroservices();
    const { until: seen } = await start();
    await seen('schedules.registered');
    const { instant } = await seen('schedule.ticked');
    expect(instant % 1_000).toBe(0);
    const run = await until('a run that is completed', async () => {
      const { items } = (await world.call({ path: '/schedules/greeting/runs' })).json<{
        items: Record<string, unknown>[];
      }>();
      return items.find(({ state, tickedBy }) => state === 'completed' && String(tickedBy).startsWith('scheduler'));
    });
    const job = (await world.call({ path: `/jobs/${run.jobId as string}` })).json<object>();
    expect(job).toMatchObject({ schedule: 'greeting', scheduledFor: run.scheduledFor, priority: 'high' });
    const view = await until('a schedule with a worker', async () => {
      const found = (await world.call({ path: '/schedules/greeting' })).json<{ handled: boolean }>();
      return found.handled ? found : undefined;
    });
    expect(view).toMatchObject({
      source: 'code',
      createdBy: 'scheduler',
      lastTick: { by: expect.stringMatching(/^scheduler /) },
    });
  });

  it('shows in its health who ticks, since when, and what comes next', async () => {
    const { app, until: seen } = await start();
    await seen('schedule.ticked');
    const answer = await app.inject({ url: '/health/ready' });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      details: {
        broker: { status: 'up' },
        schedules: {
          ...{ status: 'up', ticking: true, schedules: 1, late: [] },
          ...{ by: expect.stringMatching(/^scheduler /), lastTick: expect.any(String) },
        },
      },
    });
    expect((await app.inject({ url: '/info' })).json()).toMatchObject({
      schedules: [{ name: 'greeting', next: expect.any(String), last: expect.any(String) }],
    });
  });

  it('tells in its metrics how it ticks, to whoever shows a token', async () => {
    const { app, until: seen } = await start({ METRICS_TOKEN: 'a-token-for-prometheus' });
    await seen('schedule.ticked');
    const ask = (token?: string) =>
      app.inject({ url: '/metrics', headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
    for (const token of [undefined, 'nonsense', `${world.token}x`]) {
      const refused = await ask(token);
      expect([refused.statusCode, refused.headers['www-authenticate']]).toEqual([401, 'Bearer realm="scutwork"']);
    }
    for (const token of ['a-token-for-prometheus', world.token]) {
      const { body } = await ask(token);
      expect(body).toMatch(/^scutwork_scheduler_ticks_total{result="told"} [1-9]/m);
      expect(body).toMatch(/^scutwork_scheduler_tick_late_seconds_count [1-9]/m);
      expect(body).toMatch(/^scutwork_scheduler_ticking 1$/m);
      expect(body).toMatch(/^scutwork_scheduler_late 0$/m);
      expect(body).toMatch(/^scutwork_scheduler_last_tick_timestamp_seconds 1\d{9}/m);
    }
  });

  it('ticks nothing when recurring jobs are switched off', async () => {
    const { app } = await start({ JOB_RECURRING_ENABLED: 'false' });
    expect((await app.inject({ url: '/info' })).json()).toEqual({ schedules: [] });
    expect((await app.inject({ url: '/health/ready' })).json()).toMatchObject({
      details: { schedules: { status: 'up', state: 'switched off' } },
    });
  });

  it('cannot be replaced by an external cron where no secret is set for one: whoever may know is told so', async () => {
    for (const method of ['GET', 'POST'] as const) {
      const call = (as: string | null) => world.call({ method, path: '/cron/greeting', as });
      expectProblem(await call(null), 401, { code: 'token_missing_or_wrong' });
      expectProblem(await call(''), 401, { code: 'token_missing_or_wrong' });
      expectProblem(await call('any-secret-of-the-platform'), 401, { code: 'token_missing_or_wrong' });
      expectProblem(await call(world.keys.viewer), 403, { code: 'role_insufficient' });
      const hint = expect.stringContaining('CRON_SECRET');
      expectProblem(await call(world.keys.operator), 409, { code: 'cron_disabled', hint });
    }
  });

  it('comes with no schedule that would act by itself', () => {
    expect(schedules('UTC')).toEqual([]);
  });
});
