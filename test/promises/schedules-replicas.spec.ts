import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AppProcess, answersOk, runApp } from '../support/app-process';
import type { AppTestHome } from '../support/apps';
import { type ApiWorld, apiWorld } from '../support/api';
import { type Tick, expectWhole, isScheduler, ticksOf as readTicks } from '../support/schedule-ticks';
import { until } from '../support/until';

/** Longer by an environment variable: `SCHEDULES_KILL_SECONDS=300`. */
const KILL_MS = Number(process.env.SCHEDULES_KILL_SECONDS ?? 8) * 1_000;
const REPLICAS = 3;
const HOUR_MS = 3_600_000;

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

  test('two whose clocks are set, an hour ahead and an hour back, and right again, tick the right seconds', async () => {
    const clocks = await Promise.all(['+1h', '-1h'].map((wrong) => startWithClock(wrong)));
    await make('faked', { catchUp: 'all' });
    for (const offset of [undefined, 'wrong', 'right'] as const) {
      const setAt = Date.now();
      for (const clock of clocks) if (offset) clock.set(offset === 'wrong' ? clock.wrong : '+0s');
      for (const { scheduler, wrong } of clocks) {
        await scheduler.until('it has ticked since', async () => Number(await lastTold(scheduler, 'faked')) > setAt);
        const shown = Date.parse((await scheduler.get('/health/live')).headers.get('date') ?? '');
        const expected = offset === 'wrong' ? (wrong === '+1h' ? HOUR_MS : -HOUR_MS) : 0;
        expect(Math.abs(shown - Date.now() - expected)).toBeLessThan(60_000);
      }
    }
    await off('faked');
    const ticks = await expectRun('faked');
    expect(ticks.some(({ by }) => isScheduler(by))).toBe(true);
    expect(ticks.filter(({ instant }) => Math.abs(instant - Date.now()) > 120_000)).toEqual([]);
  }, 120_000);

  /** A process whose clock can be set: it reads its offset from a file. */
  async function startWithClock(wrong: string) {
    const file = join(world.home.dataDir, `clock${wrong}`);
    const set = (offset: string): void => writeFileSync(file, offset);
    set('+0s');
    const scheduler = await start({
      ...{ LD_PRELOAD: faketime(), FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1' },
      // Timers run on, as when somebody sets a clock.
      ...{ FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1' },
    });
    return { scheduler, wrong, set };
  }
});

/** The library that makes a process believe in another time. */
function faketime(): string {
  const found = spawnSync('faketime', ['-f', '+0s', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' });
  if (found.status !== 0) throw new Error('faketime is missing: npm test installs it');
  return found.stdout.trim();
}

/** The last moment that it told of a schedule, milliseconds since 1970. */
async function lastTold(scheduler: AppProcess, schedule: string): Promise<number | undefined> {
  const info = (await (await scheduler.get('/info')).json()) as { schedules: { name: string; last?: string }[] };
  const last = info.schedules.find(({ name }) => name === schedule)?.last;
  return last === undefined ? undefined : Date.parse(last);
}

/** As a scheduler of the same installation has it. */
const envOf = (home: AppTestHome): NodeJS.ProcessEnv => home.env({ LOG_LEVEL: 'warn' });
