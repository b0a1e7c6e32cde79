import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { type AppProcess, answersOk, runApp } from '../support/app-process';
import type { AppTestHome } from '../support/apps';
import { type ApiWorld, apiWorld } from '../support/api';
import { type Tick, expectWhole, isScheduler, ticksOf as readTicks } from '../support/schedule-ticks';
import { until } from '../support/until';

/** Longer by an environment variable: `SCHEDULES_KILL_SECONDS=300`. */
const KILL_MS = Number(process.env.SCHEDULES_KILL_SECONDS ?? 8) * 1_000;
const REPLICAS = 3;

describe('schedulers as processes', () => {
  let world: ApiWorld;
  const running = new Set<AppProcess>();
  beforeAll(async () => {
    world = await apiWorld();
  });
  afterEach(async () => {
    for (const each of running) {
      each.kill('SIGCONT');
      each.kill('SIGKILL');
      await each.ended;
    }
    running.clear();
  });
  afterAll(() => world.close());

  const start = async (env: NodeJS.ProcessEnv = {}): Promise<AppProcess> => {
    const scheduler = await runApp('scheduler', { ...envOf(world.home), ...env });
    running.add(scheduler);
    await scheduler.until('it answers', () => answersOk(scheduler, '/health/live'));
    return scheduler;
  };
  const make = async (name: string, more: object = {}): Promise<void> => {
    const body = { name, every: '1s', type: 'email.welcome', payload: { to: 'ada@example.org', name: 'Ada' }, ...more };
    const answer = await world.call({ method: 'POST', path: '/schedules', body });
    expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
  };
  const ticksOf = (name: string): Promise<Tick[]> => readTicks(world.db.database, name);
  const tickedBy = (name: string, by: (who: string) => boolean) =>
    until(`${name} ticks`, async () => (await ticksOf(name)).some((tick) => by(tick.by)));
  const off = (name: string) => world.call({ method: 'POST', path: `/schedules/${name}/disable` });

  /** Every second has one job, from the first to the last. */
  const expectRun = async (name: string): Promise<Tick[]> => {
    const ticks = await expectWhole(world.db.database, name);
    expect(ticks.filter(({ jobId }) => jobId === null)).toEqual([]);
    return ticks;
  };

  test('three of them, killed, stopped and started at random: no second twice, none missing', async () => {
    const replicas = await Promise.all(Array.from({ length: REPLICAS }, () => start()));
    await make('fast', { catchUp: 'all' });
    await tickedBy('fast', isScheduler);
    for (const endsAt = Date.now() + KILL_MS; Date.now() < endsAt;) {
      const index = randomInt(REPLICAS);
      const victim = replicas[index];
      if (!victim) continue;
      const before = (await ticksOf('fast')).length;
      if (randomInt(3) === 0) {
        victim.kill('SIGSTOP');
        await until('a tick while one is stopped', async () => (await ticksOf('fast')).length > before + 1);
        victim.kill('SIGCONT');
      } else {
        victim.kill('SIGKILL');
        await victim.ended;
        running.delete(victim);
        replicas[index] = await start();
      }
    }
    await off('fast');
    const ticks = await expectRun('fast');
    expect(ticks.length).toBeGreaterThanOrEqual(KILL_MS / 1_000);
    expect(new Set(ticks.map(({ by }) => by)).size).toBeGreaterThan(1);
  }, 400_000);

  test('one that slept through an edit tells nothing that the schedule does not have any more', async () => {
    const stale = await start();
    await make('edited');
    await tickedBy('edited', isScheduler);
    stale.kill('SIGSTOP');
    const next = { cron: '0 0 1 1 *', timeZone: 'UTC' };
    const changed = await world.call({ method: 'PATCH', path: '/schedules/edited', body: next });
    expect(changed.statusCode).toBe(200);
    const before = await ticksOf('edited');
    stale.kill('SIGCONT');
    await until('it has followed', async () => {
      const info = (await (await stale.get('/info')).json()) as { schedules: { name: string; next: string }[] };
      return info.schedules.some(({ name, next }) => name === 'edited' && next.includes('-01-01T00:00:00'));
    });
    expect(await ticksOf('edited')).toEqual(before);
    await off('edited');
  }, 60_000);

  test('where none is there, the ledger ticks by itself, and says so', async () => {
    await make('alone');
    await tickedBy('alone', (who) => who === 'producer');
    await off('alone');
    await expectRun('alone');
  }, 60_000);

  test('two whose clocks are wrong, by an hour ahead and one behind, tick the right seconds', async () => {
    const wrong = await Promise.all(
      ['+1h', '-1h'].map((offset) => start({ LD_PRELOAD: faketime(offset), FAKETIME: offset })),
    );
    await make('faked');
    await Promise.all(
      wrong.map((scheduler) =>
        scheduler.until('it has ticked', async () => (await lastTickOf(scheduler)) !== undefined),
      ),
    );
    const seen = (await ticksOf('faked')).length;
    await until('more ticks', async () => (await ticksOf('faked')).length > seen + 3);
    await off('faked');
    const ticks = await expectRun('faked');
    expect(ticks.some(({ by }) => isScheduler(by))).toBe(true);
    expect(ticks.filter(({ instant }) => Math.abs(instant - Date.now()) > 60_000)).toEqual([]);
  }, 60_000);
});

/** The library that makes a process believe in another time. */
function faketime(offset: string): string {
  const found = spawnSync('faketime', ['-f', offset, 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' });
  if (found.status !== 0) throw new Error('faketime is missing: npm test installs it');
  return found.stdout.trim();
}

async function lastTickOf(scheduler: AppProcess): Promise<string | undefined> {
  const health = (await (await scheduler.get('/health')).json()) as { details: { schedules: { lastTick?: string } } };
  return health.details.schedules.lastTick;
}

/** As a scheduler of the same installation has it. */
const envOf = (home: AppTestHome): NodeJS.ProcessEnv => home.env({ LOG_LEVEL: 'warn' });
