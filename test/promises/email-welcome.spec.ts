import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { buildWorkers } from '../../apps/workers/src/build-workers';
import { Welcome } from '../../apps/workers/src/jobs';
import { EventBus, JobsClient, type ScutworkEvent } from '../../libs/jobs/src';
import { type AppTestHome, appTestHome, keptLog } from '../support/apps';
import { untilSeen } from '../support/nest-app';
import { startSmtpServer } from '../support/smtp-server';

describe('email.welcome', () => {
  let home: AppTestHome;
  const closing: (() => unknown)[] = [];
  beforeEach(() => (home = appTestHome()));
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    home.remove();
  });

  async function startWorkers(env: NodeJS.ProcessEnv = {}) {
    const { logger, lines } = keptLog();
    const app = await buildWorkers(home.config(env), logger);
    closing.push(() => app.close());
    const seen: ScutworkEvent[] = [];
    const events = app.get(EventBus);
    events.onAny((event) => seen.push(event));
    await app.init();
    await app.startAllMicroservices();
    return { client: app.get(JobsClient), until: untilSeen(events, seen), seen, lines };
  }

  async function smtp(options?: Parameters<typeof startSmtpServer>[0]) {
    const server = await startSmtpServer(options);
    closing.push(() => server.close());
    const env = { SMTP_HOST: server.host, SMTP_PORT: String(server.port), SMTP_FROM: 'Scutwork <jobs@example.net>' };
    return { server, env };
  }

  it('is sent by the SMTP server, to the one it greets', async () => {
    const { server, env } = await smtp();
    const { client, until } = await startWorkers(env);
    const payload = { to: 'ada@example.org', name: 'Ada <3 Löve', dashboardUrl: 'https://example.org/dashboard' };
    const { id } = await client.add(Welcome, payload);
    const { result } = await until('completed');
    expect(JSON.parse(result ?? '')).toEqual({ messageId: `<${id}@example.net>`, accepted: ['ada@example.org'] });
    expect(server.mails).toEqual([expect.objectContaining({ from: 'jobs@example.net', to: ['ada@example.org'] })]);
    const message = server.mails[0]?.message;
    expect(message).toMatchObject({
      subject: 'Welcome, Ada <3 Löve',
      messageId: `<${id}@example.net>`,
      to: [{ name: 'Ada <3 Löve', address: 'ada@example.org' }],
    });
    expect(message?.html).toContain('Hello Ada &lt;3 Löve,');
    expect(message?.text).toContain('Your dashboard: https://example.org/dashboard');
  });

  it('without a server is written to the outbox', async () => {
    const { client, until } = await startWorkers();
    await client.add(Welcome, { to: 'ada@example.org', name: 'Ada' });
    const { file } = JSON.parse((await until('completed')).result ?? '') as { file: string };
    expect(await readdir(join(home.dataDir, 'outbox'))).toHaveLength(1);
    const mail = await PostalMime.parse(await readFile(join(home.dataDir, file)));
    expect(mail).toMatchObject({ subject: 'Welcome, Ada', to: [{ address: 'ada@example.org' }] });
  });

  it('refused by the server for good is dead at once, with what the server said', async () => {
    const { server, env } = await smtp({ answerTo: () => 550 });
    const { client, until } = await startWorkers(env);
    await client.add(Welcome, { to: 'gone@example.org', name: 'Gone' });
    const dead = await until('dead');
    expect(dead).toMatchObject({ attempt: 1, reason: 'unrecoverable' });
    expect(dead.failure.message).toContain('550 not this one');
    expect(server.mails).toEqual([]);
  });

  it('put off by the server is tried again', async () => {
    const { server, env } = await smtp({ answerTo: (_recipient, attempt) => (attempt === 1 ? 451 : undefined) });
    const { client, until } = await startWorkers(env);
    await client.add(Welcome, { to: 'ada@example.org', name: 'Ada' });
    await expect(until('retrying')).resolves.toMatchObject({
      attempt: 1,
      failure: { message: expect.stringContaining('451') },
    });
    await expect(until('completed')).resolves.toMatchObject({ attempt: 2 });
    expect(server.mails).toHaveLength(1);
  });

  it('waits for a server that is away', async () => {
    const { server, env } = await smtp();
    await server.close();
    const { client, until } = await startWorkers(env);
    await client.add(Welcome, { to: 'ada@example.org', name: 'Ada' });
    await expect(until('retrying')).resolves.toMatchObject({ failure: { code: 'ESOCKET' } });
  });

  it('is tried again when the login is refused: the mail is not at fault', async () => {
    const { env } = await smtp({ login: { user: 'scut', pass: 'right' } });
    const { client, until, lines } = await startWorkers({ ...env, SMTP_USER: 'scut', SMTP_PASSWORD: 'wrong-secret' });
    await client.add(Welcome, { to: 'ada@example.org', name: 'Ada' });
    await expect(until('retrying')).resolves.toMatchObject({ failure: { code: 'EAUTH' } });
    expect(JSON.stringify(lines)).not.toContain('wrong-secret');
  });

  it('leaves neither address nor name in the log', async () => {
    const { client, until, lines } = await startWorkers();
    await client.add(Welcome, { to: 'private@example.org', name: 'Private Person' });
    await until('completed');
    expect(lines.some(({ event }) => event === 'completed')).toBe(true);
    expect(JSON.stringify(lines)).not.toMatch(/private@example.org|Private Person/);
  });
});
