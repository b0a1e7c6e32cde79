import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PrivateRabbitMq } from '../../libs/local/src';
import { type AppProcess, answersOk, runApp } from '../support/app-process';
import { type AppTestHome, appTestHome } from '../support/apps';
import { type TestDatabase, testDatabase } from '../support/database';
import { startOwnBroker } from '../support/private-broker';
import { type Tick, expectWhole, isScheduler, ticksOf } from '../support/schedule-ticks';
import { until } from '../support/until';

/** Long enough for some moments to be older than the grace of the schedules here. */
const OUTAGE_MS = 4_500;
const POLICIES = ['skip', 'once', 'all'] as const;

describe('while producer, schedulers and broker are down', () => {
  let [broker, db, home]: [PrivateRabbitMq?, TestDatabase?, AppTestHome?] = [];
  const running = new Set<AppProcess>();
  afterAll(async () => {
    await killAll();
    await db?.drop();
    await broker?.stop();
    home?.remove();
  });

  const killAll = async (): Promise<void> => {
    for (const each of running) each.kill('SIGKILL');
    for (const each of running) await each.ended;
    running.clear();
  };

  test('no moment is run twice, and of those that nobody decided each schedule’s policy says what becomes', async () => {
    const server = (broker = await startOwnBroker());
    const { database, url } = (db = await testDatabase());
    const { env, dataDir } = (home = appTestHome({ AMQP_URL: server.url, DATABASE_URL: url, LOG_LEVEL: 'warn' }));
    const start = async (name: 'producer' | 'scheduler'): Promise<AppProcess> => {
      const app = await runApp(name, env());
      running.add(app);
      await app.until('it answers', () => answersOk(app, '/health/live'));
      return app;
    };
    let producer = await start('producer');
    const token = await readFile(join(dataDir, 'admin.token'), 'utf8');
    const call = async (path: string, body?: object): Promise<void> => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const at = `http://127.0.0.1:${producer.port}/api/v1/schedules${path}`;
      const answer = await fetch(at, { method: 'POST', headers, body: JSON.stringify(body) });
      expect([answer.ok, await answer.text()]).toEqual([true, expect.anything()]);
    };
    const ticks = (name: string): Promise<Tick[]> => ticksOf(database, name);
    const ticksAnew = async (name: string, by: (who: string) => boolean): Promise<void> => {
      const from = Date.now();
      const isNew = (tick: Tick): boolean => tick.instant > from && by(tick.by);
      await until(`${name} ticks anew`, async () => (await ticks(name)).some(isNew), 60_000);
    };
    await Promise.all([start('scheduler'), start('scheduler')]);
    const work = { every: '1s', type: 'email.welcome', payload: { to: 'ada@example.org', name: 'Ada' } };
    for (const catchUp of POLICIES) await call('', { ...work, name: catchUp, catchUp, grace: '1s' });
    for (const name of ['patient', 'off']) await call('', { ...work, name });
    for (const name of [...POLICIES, 'patient', 'off']) await ticksAnew(name, isScheduler);

    producer.kill('SIGSTOP');
    await passed(OUTAGE_MS);
    producer.kill('SIGCONT');
    await ticksAnew('patient', isScheduler);
    const before = await expectPolicies(ticks);

    await server.kill();
    await ticksAnew('patient', (who) => who === 'producer');
    await call('/off/disable');
    const last = await ticks('off');
    await killAll();
    await passed(OUTAGE_MS);
    await server.restart();
    producer = await start('producer');
    await start('scheduler');
    await ticksAnew('patient', isScheduler);
    expect((await expectPolicies(ticks)).length).toBeGreaterThan(before.length);

    expect(await ticks('off')).toEqual(last);
    await call('/off/enable');
    await ticksAnew('off', () => true);
    const [resumed] = (await ticks('off')).slice(last.length);
    expect(Number(resumed?.instant) - Number(last.at(-1)?.instant)).toBeGreaterThan(OUTAGE_MS);
    for (const name of [...POLICIES, 'patient', 'off']) await call(`/${name}/disable`);
    for (const name of [...POLICIES, 'patient']) await expectWhole(database, name);
    expect(new Set((await ticks('patient')).map(({ outcome }) => outcome))).toEqual(new Set(['ran']));
  }, 180_000);
});

/** @returns those that `once` has made up for */
async function expectPolicies(ticks: (name: string) => Promise<Tick[]>): Promise<Tick[]> {
  const [skip, once, all] = await Promise.all(POLICIES.map(async (name) => (await ticks(name)).filter(isLate)));
  expect(skip?.map(({ outcome }) => outcome)).toEqual(skip?.map(() => 'missed'));
  expect(skip?.length).toBeGreaterThan(1);
  expect(all?.map(({ outcome }) => outcome)).toEqual(all?.map(() => 'caught_up'));
  expect(all?.length).toBeGreaterThan(1);
  for (const decision of new Set(once?.map(({ decidedAt }) => decidedAt))) {
    const outcomes = (once ?? []).filter(({ decidedAt }) => decidedAt === decision).map(({ outcome }) => outcome);
    expect(outcomes).toEqual([...outcomes.slice(1).map(() => 'missed'), 'caught_up']);
  }
  return (once ?? []).filter(({ outcome }) => outcome === 'caught_up');
}

const isLate = ({ outcome }: Tick): boolean => outcome === 'missed' || outcome === 'caught_up';

/** How long the world is down is what is tested. */
const passed = (ms: number): Promise<boolean> => {
  const endsAt = Date.now() + ms;
  return until('the outage to last', () => Date.now() > endsAt);
};
