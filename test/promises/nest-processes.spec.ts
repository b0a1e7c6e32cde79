import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect as connectAmqp } from 'amqplib';
import { amqpBroker, namesFor } from '../../libs/jobs/src';
import { type AppProcess, answersOk, runApp } from '../support/app-process';
import { type AppTestHome, appTestHome } from '../support/apps';
import { type TestDatabase, testDatabase } from '../support/database';
import { startSmtpServer } from '../support/smtp-server';

describe('the apps, as processes', () => {
  let home: AppTestHome;
  const running: AppProcess[] = [];
  let db: TestDatabase;
  beforeEach(async () => {
    db = await testDatabase();
    home = appTestHome({ DATABASE_URL: db.url });
  });
  afterEach(async () => {
    for (const app of running.splice(0)) {
      app.kill('SIGKILL');
      await app.ended;
    }
    await db.drop();
    home.remove();
  });

  const run = async (...args: Parameters<typeof runApp>): Promise<AppProcess> => {
    const app = await runApp(...args);
    running.push(app);
    return app;
  };
  const ready = (app: AppProcess) => app.until('/health/ready', () => answersOk(app, '/health/ready'));

  async function submit(producer: AppProcess, body: object): Promise<Response> {
    const token = await readFile(join(home.dataDir, 'admin.token'), 'utf8');
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return fetch(`http://127.0.0.1:${producer.port}/api/v1/jobs`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
  }

  it('take a job over REST, mail it, and end in order, with nothing on stderr', async () => {
    let arrived = false;
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const smtp = await startSmtpServer({ hold: () => ((arrived = true), held) });
    const env = home.env({ SMTP_HOST: smtp.host, SMTP_PORT: String(smtp.port) });
    const [producer, workers] = await Promise.all([run('producer', env), run('workers', env)]);
    await Promise.all([ready(producer), ready(workers)]);
    const answer = await submit(producer, { type: 'email.welcome', payload: { to: 'ada@example.org', name: 'Ada' } });
    expect(answer.status).toBe(202);
    await workers.until('the mail', () => arrived);

    // In the middle of the job, as a rolling deploy does it.
    workers.kill('SIGTERM');
    await workers.until('not ready', async () => !(await answersOk(workers, '/health/ready')));
    letGo();
    producer.kill('SIGTERM');
    expect(await Promise.all([workers.ended, producer.ended])).toEqual([0, 0]);
    expect(workers.stdout).toContain('"event":"completed"');
    expect(smtp.mails).toHaveLength(1);
    expect(workers.stderr + producer.stderr).toBe('');
    expect(await depth('email')).toBe(0);
    await smtp.close();
  });

  it('hand back at the deadline what does not end, for the next worker', async () => {
    let arrivals = 0;
    const never = new Promise<void>(() => undefined);
    const smtp = await startSmtpServer({ hold: () => (++arrivals === 1 ? never : Promise.resolve()) });
    const env = home.env({ SMTP_HOST: smtp.host, SMTP_PORT: String(smtp.port), SHUTDOWN_DEADLINE: '100' });
    const [producer, first] = await Promise.all([run('producer', env), run('workers', env)]);
    await Promise.all([ready(producer), ready(first)]);
    await submit(producer, { type: 'email.welcome', payload: { to: 'ada@example.org', name: 'Ada' } });
    await first.until('the mail', () => arrivals === 1);
    first.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    const second = await run('workers', env);
    await second.until('the job again', () => second.stdout.includes('"event":"completed"'));
    expect(smtp.mails).toHaveLength(1);
    await smtp.close();
  });

  it('tell what they work', async () => {
    const workers = await run('workers', home.env({ JOB_CONCURRENCY: '7' }));
    await ready(workers);
    expect(await (await workers.get('/info')).json()).toEqual({
      worker: expect.stringMatching(/-\d+-[0-9a-f]{6}$/),
      queues: [{ name: 'email', concurrency: 7, prefetch: expect.any(Number), mode: 'strict' }],
      types: ['email.welcome'],
    });
  });

  it.each(['producer', 'workers', 'scheduler'] as const)(
    '%s says in a few words that its port is taken',
    async (name) => {
      const other = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => other.once('listening', resolve));
      const { port } = other.address() as { port: number };
      const app = await run(name, home.env({ PORT: String(port) }));
      expect(await app.ended).toBe(1);
      expect(app.stderr).toBe(
        `${name} cannot start: the port ${port} of 127.0.0.1 is taken\n  at fault: PORT\n` +
          '  next step: Stop what listens there, or set PORT to another port.\n',
      );
      other.close();
    },
  );

  it('name every mistake in the environment at once', async () => {
    const app = await run('workers', {
      JOB_CONCURRENCY: 'many',
      AMQP_URL: 'http://user:hunter2@x',
      JOB_TIMEZONE: 'Mars',
    });
    expect(await app.ended).toBe(78);
    expect(app.stderr).toMatch(/AMQP_URL is wrong.*\n.*JOB_CONCURRENCY is "many".*\n.*JOB_TIMEZONE is "Mars"/);
    expect(app.stderr).not.toMatch(/hunter2|^\s+at .*:\d+:\d+/m);
  });

  it('name the queue that exists with other arguments, and do not work on it', async () => {
    const { amqpUrls, prefix } = home.config();
    const queue = namesFor(prefix).work('email', 'normal');
    const connection = await connectAmqp(amqpUrls[0] ?? '');
    const channel = await connection.createChannel();
    await channel.assertQueue(queue, { durable: true, arguments: { 'x-max-length': 10 } });
    const app = await run('workers', home.env());
    expect(await app.ended).toBe(1);
    expect(app.stderr).toContain(`at fault: ${queue}`);
    expect(app.stderr).toContain('next step: ');
    expect(app.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
    await channel.deleteQueue(queue);
    await connection.close();
  });

  async function depth(queue: string): Promise<number> {
    const { amqpUrls, prefix } = home.config();
    const names = namesFor(prefix);
    const broker = amqpBroker({ urls: amqpUrls, names });
    await broker.start();
    await new Promise<void>((resolve) => {
      const off = broker.onState(({ name }) => {
        if (name !== 'connected') return;
        off();
        resolve();
      });
    });
    const found = await broker.depth(names.work(queue, 'normal'));
    await broker.stop();
    return found?.messages ?? 0;
  }
});
