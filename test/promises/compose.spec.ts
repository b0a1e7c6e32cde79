import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '../../libs/local/src';
import { appTestHome, type AppTestHome } from '../support/apps';
import { type TestDatabase, testDatabase } from '../support/database';
import { until } from '../support/until';
import { exited } from '../support/worker-process';

const run = promisify(execFile);
const root = join(__dirname, '../..');
const SECRETS = { SCUTWORK_PASSWORD: 'password-of-the-test', RABBITMQ_COOKIE: 'cookie-of-the-test' };
const CLUSTER = ['-f', 'docker-compose.yml', '-f', 'docker-compose.cluster.yml'];

interface Service {
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
}

/** What docker-compose makes of the files, with all its anchors, merges and variables. */
async function composed(files: string[], env: NodeJS.ProcessEnv = SECRETS): Promise<Record<string, Service>> {
  const options = { cwd: root, env: { PATH: process.env.PATH, ...env } };
  const { stdout } = await run('docker-compose', [...files, 'config'], options);
  const asJson = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))';
  const json = run('/usr/bin/python3', ['-c', asJson]);
  json.child.stdin?.end(stdout);
  return (JSON.parse((await json).stdout) as { services: Record<string, Service> }).services;
}

describe.each([
  ['docker-compose.yml', []],
  ['docker-compose.cluster.yml', CLUSTER],
])('%s', (_, files) => {
  test('publishes ports on 127.0.0.1 alone', async () => {
    const ports = Object.values(await composed(files)).flatMap((service) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(4);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  test('checks the health of every service, and starts the apps when the broker has it', async () => {
    const services = await composed(files);
    for (const service of Object.values(services)) expect(service.healthcheck?.test[0]).toBe('CMD');
    const brokers = Object.keys(services).filter((name) => name.startsWith('rabbitmq'));
    for (const app of ['producer', 'workers', 'scheduler']) {
      const waits = Object.entries(services[app]?.depends_on ?? {});
      expect(waits.filter(([, { condition }]) => condition === 'service_healthy').map(([name]) => name)).toEqual(
        brokers,
      );
    }
  });

  test('holds no secret, and says which one is missing', async () => {
    for (const name of files.length > 0 ? Object.keys(SECRETS) : ['SCUTWORK_PASSWORD']) {
      await expect(composed(files, { ...SECRETS, [name]: '' })).rejects.toMatchObject({
        stderr: expect.stringMatching(/into \.env/),
      });
    }
  });
});

test('a cluster has three nodes, and the apps know them all', async () => {
  const services = await composed(CLUSTER);
  const nodes = Object.keys(services).filter((name) => name.startsWith('rabbitmq'));
  expect(nodes).toHaveLength(3);
  const conf = readFileSync(join(root, 'docker/rabbitmq-cluster.conf'), 'utf8');
  for (const node of nodes) {
    expect(conf).toContain(`rabbit@${node}\n`);
    expect(services.workers?.environment?.AMQP_URL).toContain(`@${node}:5672`);
  }
});

describe('the Dockerfile', () => {
  const lines = readFileSync(join(root, 'Dockerfile'), 'utf8').split('\n');

  test('runs nothing as root', () => {
    const last = lines.findLastIndex((line) => line.startsWith('FROM '));
    expect(lines.slice(last)).toContain('USER node');
  });

  test('copies what is there', () => {
    const sources = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(' ').slice(1, -1));
    expect(sources.filter((source) => !existsSync(join(root, source)))).toEqual([]);
  });
});

describe('the command of', () => {
  let home: AppTestHome;
  let folder: string;
  let db: TestDatabase;
  beforeAll(async () => {
    home = appTestHome();
    db = await testDatabase();
    folder = mkdtempSync(join(tmpdir(), 'scutwork-compose-'));
  });
  afterAll(async () => {
    home.remove();
    await db.drop();
    rmSync(folder, { recursive: true });
  });

  test.each(['producer', 'workers', 'scheduler'])(
    '%s starts it with the environment of its container, healthy by its own check, and ends on SIGTERM',
    async (name) => {
      const service = (await composed([]))[name];
      const { command = [], environment = {}, healthcheck } = service ?? {};
      const [port] = await freePorts(1);
      // As in the container, but for where broker and database are and what may be listened on here.
      const database = environment.DATABASE_URL === undefined ? {} : { DATABASE_URL: db.url };
      const here = { HOST: '127.0.0.1', PORT: String(port), SCUTWORK_DATA_DIR: join(folder, name), ...database };
      const env = { PATH: process.env.PATH, ...environment, ...home.env(here) };
      const app = start(command, env);
      const healthy = (healthcheck?.test ?? []).slice(1);
      await until(`${name} to be healthy`, async () => {
        if (app.exitCode !== null) throw new Error(`${name} ended with ${app.exitCode}`);
        return (await exited(start(healthy, env, 'ignore'))) === 0;
      });
      app.kill('SIGTERM');
      await expect(exited(app)).resolves.toBe(0);
      await expect(exited(start(healthy, env, 'ignore'))).resolves.toBe(1);
    },
  );

  function start(command: string[], env: NodeJS.ProcessEnv, stderr: 'ignore' | 'inherit' = 'inherit'): ChildProcess {
    const [program = '', ...args] = command;
    return spawn(program, args, { cwd: root, env, stdio: ['ignore', 'ignore', stderr] });
  }
});
