import { chmodSync, chownSync, copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type PrivatePostgres, type PrivateRabbitMq, freePorts } from '../../libs/local/src';
import { type AppProcess, answersOk, runApp } from '../support/app-process';
import { type Certificates, makeCertificates } from '../support/certificates';
import { startOwnPostgres } from '../support/database';
import { startOwnBroker } from '../support/private-broker';
import { until } from '../support/until';

/** A broker and a database that speak TLS, by certificates that an authority of our own has made out to `localhost`. */
describe('over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scutwork-tls-'));
  let ours: Certificates;
  let others: Certificates;
  let broker: PrivateRabbitMq;
  let database: PrivatePostgres;
  let tlsPort: number;
  const apps: AppProcess[] = [];

  beforeAll(async () => {
    [ours, others] = await Promise.all([
      makeCertificates(folder, 'ours', 'localhost'),
      makeCertificates(folder, 'others', 'localhost'),
    ]);
    [tlsPort = 0] = await freePorts(1);
    [broker, database] = await Promise.all([
      startOwnBroker({ extraConf: tlsListener(tlsPort, ours) }),
      startOwnPostgres().then((server) => speakTls(server, ours)),
    ]);
  });
  afterEach(async () => {
    for (const app of apps) app.kill('SIGKILL');
    await Promise.all(apps.splice(0).map(({ ended }) => ended));
  });
  afterAll(async () => {
    await Promise.all([broker.stop(), database.stop()]);
    rmSync(folder, { recursive: true });
  });

  const amqps = (host = 'localhost'): string =>
    Object.assign(new URL(broker.url.replace('amqp:', 'amqps:')), { host: `${host}:${tlsPort}` }).href;
  const verified = (host = 'localhost'): string =>
    `${Object.assign(new URL(database.url), { hostname: host }).href}?sslmode=verify-full`;

  async function run(name: Parameters<typeof runApp>[0], env: NodeJS.ProcessEnv): Promise<AppProcess> {
    const home = { SCUTWORK_DATA_DIR: join(folder, name), NODE_EXTRA_CA_CERTS: ours.ca };
    const app = await runApp(name, { AMQP_URL: amqps(), DATABASE_URL: verified(), ...home, ...env });
    apps.push(app);
    return app;
  }

  it('jobs go their way, and no connection is in the clear', async () => {
    const [producer, ...rest] = await Promise.all([run('producer', {}), run('workers', {}), run('scheduler', {})]);
    for (const app of [producer, ...rest]) await app.until('ready', () => answersOk(app, '/health/ready'));
    const token = readFileSync(join(folder, 'producer', 'admin.token'), 'utf8');
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ type: 'email.welcome', payload: { to: 'ada@example.org', name: 'Ada' } });
    const jobs = `http://127.0.0.1:${producer.port}/api/v1/jobs`;
    const { id } = (await (await fetch(jobs, { method: 'POST', headers, body })).json()) as { id: string };
    await until('its completion', async () => {
      const job = (await (await fetch(`${jobs}/${id}`, { headers })).json()) as { state: string };
      return job.state === 'completed';
    });

    expect((await broker.ctl('list_connections', 'ssl')).match(/true|false/g)).toEqual(Array(6).fill('true'));
    const client = new Client(database.url);
    await client.connect();
    const sessions =
      'select distinct ssl from pg_stat_ssl natural join pg_stat_activity where application_name like $1';
    expect((await client.query(sessions, ['scutwork%'])).rows).toEqual([{ ssl: true }]);
    await client.end();
  });

  test.each([
    ['whose authority is not known here', () => ({ NODE_EXTRA_CA_CERTS: others.ca }), 'NODE_EXTRA_CA_CERTS'],
    [
      'that is made out to another name',
      () => ({ AMQP_URL: amqps('127.0.0.1'), DATABASE_URL: verified('127.0.0.1') }),
      'made out to another name',
    ],
  ])('a certificate %s is refused, and what is wrong is said', async (_, env, said) => {
    const producer = await run('producer', env());
    const says = (msg: RegExp): boolean =>
      linesOf(producer).some((line) => msg.test(line.msg) && `${line.msg} ${line.reason}`.includes(said));
    await producer.until(`"${said}" of the broker`, () => says(/^broker disconnected/));
    await producer.until(`"${said}" of the database`, () => says(/^the ledger waits/));
    expect(producer.stdout).not.toContain('broker.connected');
    expect(producer.stdout + producer.stderr).not.toContain(new URL(broker.url).password);
  });

  it('a port that speaks no TLS is told from one that does not answer', async () => {
    const worker = await run('workers', { AMQP_URL: broker.url.replace('amqp:', 'amqps:') });
    await worker.until('what is wrong', () => worker.stdout.includes('It does not speak TLS on this port'));
  });
});

const linesOf = ({ stdout }: AppProcess) =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { msg: string; reason?: string });

const tlsListener = (port: number, { ca, certificate, key }: Certificates): string =>
  [
    `listeners.ssl.1 = 127.0.0.1:${port}`,
    `ssl_options.cacertfile = ${ca}`,
    `ssl_options.certfile = ${certificate}`,
    `ssl_options.keyfile = ${key}`,
    'ssl_options.verify = verify_none',
  ].join('\n');

/** PostgreSQL takes its key from nobody but its own user. */
async function speakTls(server: PrivatePostgres, { certificate, key }: Certificates): Promise<PrivatePostgres> {
  const owner = statSync(server.clusterDir);
  for (const [from, name] of [
    [certificate, 'server.crt'],
    [key, 'server.key'],
  ] as const) {
    const to = join(server.clusterDir, name);
    copyFileSync(from, to);
    chownSync(to, owner.uid, owner.gid);
    chmodSync(to, 0o600);
  }
  const client = new Client(server.url);
  await client.connect();
  await client.query('alter system set ssl = on');
  await client.query('select pg_reload_conf()');
  await client.end();
  return server;
}
