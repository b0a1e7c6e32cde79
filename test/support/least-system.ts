import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Names, namesFor } from '../../libs/jobs/src';
import { type AppProcess, answersOk, runApp } from './app-process';
import { type AppTestHome, appTestHome } from './apps';
import { type TestDatabase, testDatabase } from './database';
import { leastUser } from './least-users';

export type SystemUser = 'producer' | 'worker' | 'scheduler' | 'publisher';

/** Producer, workers and scheduler as processes, each as a user of RabbitMQ with the least permissions. */
export interface LeastSystem {
  home: AppTestHome;
  names: Names;
  /** Addresses, with their passwords. */
  users: Record<SystemUser, string>;
  apps: AppProcess[];
  token: string;
  /** By which the publisher `shop` must sign. */
  publisherKey: string;
  /** Everything that nobody may be shown. */
  secrets: string[];
  /** An answer of the producer; by default the admin asks. */
  ask(path: string, options?: { body?: object; as?: string }): Promise<Response>;
  /** The same below `/api/v1`, as JSON. */
  call(path: string, body?: object): Promise<Record<string, unknown>>;
  stop(): Promise<(number | null)[]>;
}

export async function startLeastSystem(): Promise<LeastSystem> {
  const db = await testDatabase();
  const home = appTestHome({ DATABASE_URL: db.url });
  const names = namesFor(home.config().prefix);
  const users = await makeUsers(names);
  const [jwt = '', cron = '', publisherKey = ''] = [1, 2, 3].map(() => randomBytes(24).toString('hex'));
  const own = {
    SCUTWORK_DECLARE: 'false',
    LOG_LEVEL: 'debug',
    JWT_SECRET: jwt,
    CRON_SECRET: cron,
    PUBLISHER_KEYS: `shop:${publisherKey}`,
  };
  const apps: AppProcess[] = [];
  const run = async (name: Parameters<typeof runApp>[0], AMQP_URL: string): Promise<void> => {
    const app = await runApp(name, home.env({ ...own, AMQP_URL }));
    apps.push(app);
    await app.until('/health/ready', () => answersOk(app, '/health/ready'));
  };
  await run('producer', users.producer);
  await Promise.all([run('workers', users.worker), run('scheduler', users.scheduler)]);
  const token = await readFile(join(home.dataDir, 'admin.token'), 'utf8');
  const ask: LeastSystem['ask'] = (path, { body, as = token } = {}) =>
    fetch(`http://127.0.0.1:${apps[0]?.port}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const passwords = [...Object.values(users), db.url].map((url) => new URL(url).password);
  return {
    ...{ home, names, users, apps, token, publisherKey, ask, secrets: [...passwords, token, jwt, cron, publisherKey] },
    call: async (path, body) => (await (await ask(`/api/v1${path}`, { body })).json()) as Record<string, unknown>,
    stop: () => stop(apps, db, home),
  };
}

async function makeUsers(names: Names): Promise<LeastSystem['users']> {
  const options = { names, queues: ['email'], declare: false };
  const [producer, worker, scheduler, publisher] = await Promise.all([
    leastUser('producer', options),
    leastUser('worker', options),
    leastUser('scheduler', options),
    leastUser('publisher', { ...options, topics: { [names.door('normal')]: '^email\\..*' } }),
  ]);
  return { producer, worker, scheduler, publisher };
}

async function stop(apps: readonly AppProcess[], db: TestDatabase, home: AppTestHome): Promise<(number | null)[]> {
  for (const app of apps) app.kill('SIGTERM');
  const ends = await Promise.all(apps.map(({ ended }) => ended));
  await db.drop();
  home.remove();
  return ends;
}
