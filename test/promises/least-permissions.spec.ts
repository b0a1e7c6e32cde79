import { type Channel, type Options, connect as connectAmqp } from 'amqplib';
import type { Names } from '../../libs/jobs/src';
import { signatureOf } from '../../libs/jobs/src/contracts/signature';
import { runApp } from '../support/app-process';
import { type LeastSystem, type SystemUser, startLeastSystem } from '../support/least-system';
import { until } from '../support/until';

const hostileHeaders = (text: string): Options.Publish => ({
  correlationId: text.slice(0, 200),
  appId: text.slice(0, 200),
  headers: {
    ...{ 'x-job-tags': text, 'x-job-tenant': text, 'x-job-group': text, traceparent: text },
    ...{ 'x-other': text, constructor: text, toString: 7, [text.slice(0, 100)]: text },
  },
});

/** Whole lives of jobs, each app as a user of RabbitMQ that may do what docs/reference/permissions.md says and no more. */
describe('with the least permissions', () => {
  let system: LeastSystem;
  let names: Names;
  let call: LeastSystem['call'];

  beforeAll(async () => {
    system = await startLeastSystem();
    ({ names, call } = system);
  });
  afterAll(async () => {
    expect(await system.stop()).toEqual([0, 0, 0]);
  });

  const welcome = { type: 'email.welcome', payload: { to: 'ada@example.org', name: 'Ada' } };
  const jobOf = (id: unknown) => call(`/jobs/${encodeURIComponent(String(id))}`);
  const becomes = (id: unknown, state: string) =>
    until(`${String(id)} to be ${state}`, async () => (await jobOf(id)).state === state);

  /** What the broker says to one deed; undefined when it allows it. */
  async function refusal(url: string, deed: (channel: Channel) => unknown): Promise<string | undefined> {
    const connection = await connectAmqp(url);
    const channel = await connection.createConfirmChannel();
    const closed = new Promise<string>((resolve) => channel.on('error', ({ message }: Error) => resolve(message)));
    try {
      const done = Promise.resolve(deed(channel)).then(() => channel.waitForConfirms());
      return await Promise.race([done.then(() => undefined), closed]).catch((error: unknown) => String(error));
    } finally {
      await connection.close();
    }
  }
  const publishing = (exchange: string, key: string, messageId?: string) => (channel: Channel) =>
    channel.publish(exchange, key, Buffer.from(JSON.stringify(welcome.payload)), { messageId, persistent: true });

  /** Publishes through the door, signed, as whoever may. */
  async function come(key: string, content: string, properties: Options.Publish = {}): Promise<void> {
    const [exchange, body] = [names.door('normal'), Buffer.from(content)];
    const { messageId } = properties;
    const headers: Record<string, unknown> = { ...properties.headers, 'x-job-publisher': 'shop' };
    const message = { exchange, routingKey: key, messageId, headers, body };
    headers['x-job-signature'] = signatureOf(message, system.publisherKey);
    const publish = (channel: Channel) => channel.publish(exchange, key, body, { ...properties, headers });
    expect(await refusal(system.users.publisher, publish)).toBeUndefined();
  }
  const readable = JSON.stringify(welcome.payload);

  it('jobs come over HTTP and through the doors, wait, tick, are paused, die and are done again', async () => {
    const { id } = await call('/jobs', welcome);
    await becomes(id, 'completed');
    const later = await call('/jobs', { ...welcome, options: { delay: 200, unique: { key: 'once' } } });
    await becomes(later.id, 'completed');

    await come(welcome.type, readable, { messageId: 'foreign' });
    await becomes('foreign', 'completed');
    await come(welcome.type, 'no JSON', { messageId: 'unreadable' });
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
    for (const { stdout, stderr } of system.apps)
      expect([stderr, /ACCESS_REFUSED|permission/.exec(stdout)]).toEqual(['', null]);
  });

  test.each<[SystemUser, string, (channel: Channel) => unknown]>([
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
    expect(await refusal(system.users[user], deed)).toMatch(/ACCESS_REFUSED/);
  });

  /** What a log, a terminal, a database or an object could stumble over. */
  const HOSTILE: [string, Options.Publish][] = [
    ['line breaks and escapes', hostileHeaders('a\nb\r\n\u001b[2J{"level":60}\u0000')],
    ['a text that is too long for an index', hostileHeaders('x'.repeat(8_000))],
    ['names of a prototype', hostileHeaders('__proto__')],
    ['members of an object', hostileHeaders('constructor')],
  ];

  test.each(HOSTILE)('a foreign message with %s runs, is recorded, and breaks no line', async (what, properties) => {
    const id = `hostile ${what}`;
    await come(welcome.type, readable, { ...properties, messageId: id });
    await becomes(id, 'completed');
  });

  it('an unknown type, an id and members of a request with line breaks break no line either', async () => {
    await come('email.a\n\u001b[2J', '{}', { messageId: 'odd' });
    const id = 'a\n\u001b[2Jb';
    await come(welcome.type, readable, { messageId: id, correlationId: id });
    await becomes(id, 'completed');
    for (const options of [{ tags: ['a\nb'] }, { tenant: 'a\u001b[2J' }, { id: 'a\nb' }, { correlationId: '\r\n' }])
      expect((await system.ask('/api/v1/jobs', { body: { ...welcome, options } })).status).toBeLessThan(500);
    await system.ask('/api/v1/jobs', { body: { type: 'email.\n', payload: { ['__proto__']: '\u001b' } } });

    for (const { stdout, stderr } of system.apps) {
      expect(stderr).toBe('');
      for (const line of stdout.split('\n').slice(0, -1)) {
        expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number), msg: expect.any(String) });
        expect(line).not.toMatch(/[^\P{Cc}\t]/u);
      }
    }
  });

  it('a message that nobody vouches for is dead, and what it says of the job of another is not believed', async () => {
    const { id } = await call('/jobs', { ...welcome, options: { delay: '1h' } });
    const forged = (channel: Channel) => {
      const headers = { 'x-job-publisher': 'shop', 'x-job-signature': 'v1=00', 'x-job-generation': 7 };
      return channel.publish(names.door('normal'), welcome.type, Buffer.from(readable), {
        messageId: String(id),
        headers,
      });
    };
    expect(await refusal(system.users.publisher, forged)).toBeUndefined();
    const dead = await until('its dead letter', async () => {
      const { items } = (await call('/dead-letters')) as { items?: { id: string; error?: { code?: string } }[] };
      return items?.find(({ error }) => error?.code === 'signature_invalid');
    });
    expect(dead.id).not.toBe(id);
    expect(await jobOf(id)).toMatchObject({ state: 'delayed', generation: 0 });
  });

  it('nothing that is printed or served shows a secret: passwords, tokens, keys, fields marked secret', async () => {
    const field = 'one-time-login-4711';
    const secretly = { ...welcome.payload, dashboardUrl: `https://example.org/?token=${field}` };
    const { id } = await call('/jobs', { type: welcome.type, payload: secretly });
    await becomes(id, 'completed');
    await come(welcome.type, JSON.stringify({ ...secretly, to: 'nobody' }), { messageId: 'letter' });
    await becomes('letter', 'dead');
    const { key } = await call('/api-keys', { name: 'reader', role: 'viewer' });
    // The secret may have an underscore of its own.
    const secrets = [...system.secrets, String(key).replace(/^sck_[0-9a-f]+_/, ''), field];
    await system.ask('/api/v1/jobs', { as: `${String(key)}x` });
    await system.ask('/api/v1/jobs', { body: { type: 'email.welcome', payload: secretly }, as: system.token.slice(1) });

    const openApi = (await call('/openapi.json')) as { paths: Record<string, { get?: object }> };
    const plain = Object.entries(openApi.paths).flatMap(([path, { get }]) => (get ? [path] : []));
    const paths = plain
      .map((path) => path.replace('{id}', String(id)).replace('{queue}', 'email').replace('{name}', 'often'))
      .filter((path) => !path.includes('{') && !path.endsWith('/events'));
    expect(paths.length).toBeGreaterThan(15);
    const more = ['/api/v1/dead-letters/letter', '/api/v1/history/export?format=ndjson', '/health', '/metrics'];
    const served = [...paths, ...more].map(async (path) => [path, await (await system.ask(path)).text()] as const);
    const others = system.apps.slice(1).flatMap((app) => ['/health', '/info', '/metrics'].map((path) => app.get(path)));
    const printed = system.apps.map(({ stdout, stderr }, at) => [`app ${at}`, stdout + stderr] as const);
    const said = await Promise.all(
      others.map(async (answer) => [(await answer).url, await (await answer).text()] as const),
    );
    for (const [where, text] of [...(await Promise.all(served)), ...said, ...printed])
      expect([where, secrets.filter((secret) => text.includes(secret))]).toEqual([where, []]);
    expect((await jobOf(id)).payload).toMatchObject({ dashboardUrl: '[secret]' });
  });

  it('a worker whose user may too little says which right is missing, and how to give it', async () => {
    const app = await runApp('workers', system.home.env({ AMQP_URL: system.users.scheduler }));
    expect(await app.ended).toBe(1);
    expect(app.stderr).toContain('lacks the configure permission on');
    expect(app.stderr).toContain('next step: Give it one that matches that name: rabbitmqctl set_permissions');
  });
});
