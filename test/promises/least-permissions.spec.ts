import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Channel, connect as connectAmqp } from 'amqplib';
import { type Names, namesFor } from '../../libs/jobs/src';
import { type AppProcess, answersOk, runApp } from '../support/app-process';
import { type AppTestHome, appTestHome } from '../support/apps';
import { type TestDatabase, testDatabase } from '../support/database';
import { leastUser } from '../support/least-users';
import { until } from '../support/until';

/** Whole lives of jobs, each app as a user of RabbitMQ that may do what docs/reference/permissions.md says and no more. */
describe('with the least permissions', () => {
  let home: AppTestHome;
  let db: TestDatabase;
  let names: Names;
  let users: Record<'producer' | 'worker' | 'scheduler' | 'publisher', string>;
  const apps: AppProcess[] = [];

  beforeAll(async () => {
    db = await testDatabase();
    home = appTestHome({ DATABASE_URL: db.url });
    names = namesFor(home.config().prefix);
    const options = { names, queues: ['email'], declare: false };
    const [producer, worker, scheduler, publisher] = await Promise.all([
      leastUser('producer', options),
      leastUser('worker', options),
      leastUser('scheduler', options),
      leastUser('publisher', { ...options, topics: { [names.door('normal')]: '^email\\..*' } }),
    ]);
    users = { producer, worker, scheduler, publisher };
    const run = async (...[name, env]: Parameters<typeof runApp>): Promise<void> => {
      const app = await runApp(name, home.env({ SCUTWORK_DECLARE: 'false', ...env }));
      apps.push(app);
      await app.until('/health/ready', () => answersOk(app, '/health/ready'));
    };
    await run('producer', { AMQP_URL: producer });
    await Promise.all([run('workers', { AMQP_URL: worker }), run('scheduler', { AMQP_URL: scheduler })]);
  });
  afterAll(async () => {
    for (const app of apps) app.kill('SIGTERM');
    const ends = await Promise.all(apps.map(({ ended }) => ended));
    await db.drop();
    home.remove();
    expect(ends).toEqual([0, 0, 0]);
  });

  async function call(path: string, body?: object): Promise<Record<string, unknown>> {
    const token = await readFile(join(home.dataDir, 'admin.token'), 'utf8');
    const answer = await fetch(`http://127.0.0.1:${apps[0]?.port}/api/v1${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await answer.json()) as Record<string, unknown>;
  }
  const welcome = { type: 'email.welcome', payload: { to: 'ada@example.org', name: 'Ada' } };
  const becomes = (id: unknown, state: string) =>
    until(`${String(id)} to be ${state}`, async () => (await call(`/jobs/${String(id)}`)).state === state);

  /** What the broker says to one deed; undefined when it allows it. */
  async function refusal(url: string, deed: (channel: Channel) => unknown): Promise<string | undefined> {
    const connection = await connectAmqp(url);
    const channel = await connection.createConfirmChannel();
    const closed = new Promise<string>((resolve) => channel.on('error', ({ message }: Error) => resolve(message)));
    const done = Promise.resolve(deed(channel))
      .then(() => channel.waitForConfirms())
      .then(() => undefined);
    const said = await Promise.race([done, closed]).catch((error: unknown) => String(error));
    await connection.close();
    return said;
  }
  const publishing = (exchange: string, key: string, messageId?: string) => (channel: Channel) =>
    channel.publish(exchange, key, Buffer.from(JSON.stringify(welcome.payload)), { messageId, persistent: true });

  it('jobs come over HTTP and through the doors, wait, tick, are paused, die and are done again', async () => {
    const { id } = await call('/jobs', welcome);
    await becomes(id, 'completed');
    const later = await call('/jobs', { ...welcome, options: { delay: 200, unique: { key: 'once' } } });
    await becomes(later.id, 'completed');

    expect(await refusal(users.publisher, publishing(names.door('normal'), welcome.type, 'foreign'))).toBeUndefined();
    await becomes('foreign', 'completed');
    const unreadable = (channel: Channel) =>
      channel.publish(names.door('normal'), welcome.type, Buffer.from('no JSON'), { messageId: 'unreadable' });
    expect(await refusal(users.publisher, unreadable)).toBeUndefined();
    await becomes('unreadable', 'dead');

    await call('/schedules', { name: 'often', every: '1s', type: welcome.type, payload: welcome.payload });
    await until('a run that a scheduler told', async () => {
      const { items } = (await call('/schedules/often/runs')) as { items?: Record<string, unknown>[] };
      return items?.some((run) => run.state === 'completed' && String(run.tickedBy).startsWith('scheduler'));
    });
    await call('/queues/email/pause', {});
    const held = await call('/jobs', welcome);
    await call('/queues/email/resume', {});
    await becomes(held.id, 'completed');
    for (const { stdout, stderr } of apps)
      expect([stderr, /ACCESS_REFUSED|permission/.exec(stdout)]).toEqual(['', null]);
  });

  test.each<[keyof typeof users, string, (channel: Channel) => unknown]>([
    [
      'publisher',
      'publishes past the doors',
      (channel) => publishing(names.priority('normal'), 'email.welcome')(channel),
    ],
    ['publisher', 'publishes straight into a queue', (channel) => publishing('', names.control)(channel)],
    [
      'publisher',
      'publishes a type that is not its own',
      (channel) => publishing(names.door('normal'), 'crm.sync')(channel),
    ],
    ['publisher', 'takes jobs', (channel) => channel.consume(names.work('email', 'normal'), () => undefined)],
    ['publisher', 'makes a queue', (channel) => channel.assertQueue(`${names.prefix}.mine`)],
    ['worker', 'deletes its queue', (channel) => channel.deleteQueue(names.work('email', 'normal'))],
    ['worker', 'takes dead letters', (channel) => channel.consume(names.dead('email'), () => undefined)],
    ['worker', 'takes the records of others', (channel) => channel.get(names.ledger)],
    ['worker', 'takes jobs of a queue that it does not work', (channel) => channel.get(names.work('crm', 'normal'))],
    ['scheduler', 'takes jobs', (channel) => channel.get(names.work('email', 'normal'))],
    ['scheduler', 'adds jobs past the ledger', (channel) => publishing(names.direct('normal'), 'email')(channel)],
    ['scheduler', 'makes a queue', (channel) => channel.assertQueue(`${names.prefix}.mine`)],
    ['producer', 'makes a queue of somebody else', (channel) => channel.assertQueue('others.queue')],
  ])('%s that %s is refused', async (user, _, deed) => {
    expect(await refusal(users[user], deed)).toMatch(/ACCESS_REFUSED/);
  });

  it('a worker whose user may too little says which right is missing, and how to give it', async () => {
    const app = await runApp('workers', home.env({ AMQP_URL: users.scheduler }));
    expect(await app.ended).toBe(1);
    expect(app.stderr).toContain('lacks the configure permission on');
    expect(app.stderr).toContain('next step: Give it one that matches that name: rabbitmqctl set_permissions');
  });
});
