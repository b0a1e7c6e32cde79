import { buildScheduler } from '../../apps/scheduler/src/build-scheduler';
import { schedules } from '../../apps/scheduler/src/schedules';
import { buildWorkers } from '../../apps/workers/src/build-workers';
import { Welcome } from '../../apps/workers/src/jobs';
import { EventBus, type ScutworkEvent, defineSchedule } from '../../libs/jobs/src';
import { type AppTestHome, appTestHome, keptLog } from '../support/apps';
import { untilSeen } from '../support/nest-app';

const Greeting = defineSchedule({
  name: 'greeting',
  every: '1s',
  job: Welcome,
  payload: { to: 'team@example.org', name: 'Team' },
  options: { priority: 'high' },
});

describe('the scheduler', () => {
  let home: AppTestHome;
  const closing: (() => Promise<unknown>)[] = [];
  beforeEach(() => (home = appTestHome()));
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    home.remove();
  });

  const start = async (env?: NodeJS.ProcessEnv, declared = [Greeting]) => {
    const app = await buildScheduler(home.config(env), keptLog().logger, declared);
    closing.push(() => app.close());
    const seen: ScutworkEvent[] = [];
    app.get(EventBus).onAny((event) => seen.push(event));
    await app.init();
    return { app, seen, until: untilSeen(app.get(EventBus), seen) };
  };

  it('adds the job of each tick, which a worker runs knowing its schedule', async () => {
    const workers = await buildWorkers(home.config(), keptLog().logger);
    closing.push(() => workers.close());
    const seen: ScutworkEvent[] = [];
    workers.get(EventBus).onAny((event) => seen.push(event));
    await workers.init();
    await workers.startAllMicroservices();
    const { until } = await start();
    const ticked = await until('schedule.ticked');
    const completed = await untilSeen(workers.get(EventBus), seen)('completed');
    expect(completed).toMatchObject({
      id: ticked.jobId,
      key: `schedule:greeting:${new Date(ticked.instant).toISOString()}`,
    });
    expect(ticked.instant % 1_000).toBe(0);
  });

  it('makes the same id in every replica', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    const ticks = async (replica: typeof one) => {
      await replica.until('schedule.ticked', 3);
      return new Map(
        replica.seen.flatMap((e) => (e.event === 'schedule.ticked' ? [[e.instant, e.jobId] as const] : [])),
      );
    };
    const [first, second] = await Promise.all([ticks(one), ticks(two)]);
    const shared = [...first.keys()].filter((instant) => second.has(instant));
    expect(shared.length).toBeGreaterThan(0);
    for (const instant of shared) expect(first.get(instant)).toBe(second.get(instant));
  });

  it('shows in its health what comes next', async () => {
    const { app, until } = await start();
    await until('schedule.ticked');
    const answer = await app.inject({ url: '/health/ready' });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      details: {
        broker: { status: 'up' },
        schedules: { status: 'up', schedules: [{ name: 'greeting', next: expect.any(String) }] },
      },
    });
    expect((await app.inject({ url: '/info' })).json()).toMatchObject({ schedules: [{ name: 'greeting' }] });
  });

  it('ticks nothing when recurring jobs are switched off', async () => {
    const { app } = await start({ JOB_RECURRING_ENABLED: 'false' });
    expect((await app.inject({ url: '/info' })).json()).toEqual({ schedules: [] });
  });

  it('comes with no schedule that would act by itself', () => {
    expect(schedules('UTC')).toEqual([]);
  });
});
