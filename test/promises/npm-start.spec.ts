import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, isAlive, isPortFree, readJson, waitUntil, type ProcessId } from '../../libs/local/src';
import { startLauncher, type LaunchedProcess } from '../support/launched';
import { startOwnBroker } from '../support/private-broker';

const running = 'Scutwork is running.';
const started: LaunchedProcess[] = [];
const folders: string[] = [];

async function place(): Promise<{ dataDir: string; ports: number[]; env: Record<string, string> }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'scutwork-start-'));
  folders.push(dataDir);
  const ports = await freePorts(3);
  const [producer, workers, scheduler] = ports.map(String);
  const env = {
    SCUTWORK_DATA_DIR: dataDir,
    PORT: `${producer}`,
    WORKERS_PORT: `${workers}`,
    SCHEDULER_PORT: `${scheduler}`,
  };
  return { dataDir, ports, env };
}

function start(env: Record<string, string>): LaunchedProcess {
  const launcher = startLauncher(env);
  started.push(launcher);
  return launcher;
}

/** Every process a start on this folder has brought up. */
function processesOf(dataDir: string): ProcessId[] {
  const apps = ['producer', 'workers', 'scheduler'].map((app) => readJson(join(dataDir, 'run', `${app}.json`)));
  const broker = readJson(join(dataDir, 'rabbitmq', 'processes.json')) as { broker: ProcessId; epmd: ProcessId };
  const { server } = readJson(join(dataDir, 'postgres', 'settings.json')) as { server: ProcessId };
  return [...(apps as ProcessId[]), broker.broker, broker.epmd, server];
}

async function submit(port: number, token: string, body: object): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/api/v1/jobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

function mailsTo(dataDir: string, to: string): string[] {
  const outbox = join(dataDir, 'outbox');
  const mails = existsSync(outbox) ? readdirSync(outbox).filter((name) => name.endsWith('.eml')) : [];
  return mails.filter((name) => readFileSync(join(outbox, name), 'utf8').includes(to));
}

const welcome = (to: string) => ({ type: 'email.welcome', payload: { to, name: 'Ada' } });

afterAll(async () => {
  for (const launcher of started) launcher.kill('SIGTERM');
  await Promise.all(started.map((launcher) => launcher.ended().catch(() => launcher.kill('SIGKILL'))));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('npm start', () => {
  let [dataDir, token, producer, workers]: [string, string, number, number] = ['', '', 0, 0];
  let env: Record<string, string> = {};
  let launcher: LaunchedProcess;

  beforeAll(async () => {
    let ports: number[];
    ({ dataDir, ports, env } = await place());
    [producer = 0, workers = 0] = ports;
    launcher = start(env);
    await launcher.says(running);
    token = readFileSync(join(dataDir, 'admin.token'), 'utf8');
  });

  test('says where everything is, and shows no secret', () => {
    const said = launcher.output();
    for (const part of [`http://127.0.0.1:${producer}/api/v1`, 'admin.token', 'outbox', 'curl -s -X POST', 'email 5']) {
      expect(said).toContain(part);
    }
    const { password } = readJson(join(dataDir, 'rabbitmq', 'settings.json')) as { password: string };
    for (const secret of [token, password]) expect(said).not.toContain(secret);
  });

  test('makes a token that only its owner can read', () => {
    expect(statSync(join(dataDir, 'admin.token')).mode & 0o777).toBe(0o600);
    expect(token).toMatch(/^\S{20,}$/);
  });

  test('takes the first job with the token, and the mail appears in the outbox', async () => {
    expect((await submit(producer, 'wrong', welcome('nobody@example.org'))).status).toBe(401);
    expect((await submit(producer, token, welcome('ada@example.org'))).status).toBe(202);
    await waitUntil(() => mailsTo(dataDir, 'ada@example.org').length === 1, { deadlineMs: 20_000, what: 'the mail' });
  });

  test('has a broker that the command finds by itself', () => {
    const command = join(__dirname, '../../apps/cli/dist/main.js');
    const { AMQP_URL: _, ...surroundings } = process.env;
    const found = { encoding: 'utf8', env: { ...surroundings, ...env } } as const;
    const { stdout, stderr } = spawnSync(process.execPath, [command, 'dead', 'list', 'email', '--json'], found);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual([{ queue: 'email', dead: 0, taken: true }]);
  });

  test('refuses a second start while it runs, without harm', async () => {
    const second = start(env);
    expect(await second.ended()).toBe(1);
    expect(second.output()).toContain(`ALREADY_RUNNING: Scutwork runs already: process ${launcher.pid}`);
    expect((await fetch(`http://127.0.0.1:${producer}/health/live`)).status).toBe(200);
  });

  test('brings back an app that is killed, and its jobs are done', async () => {
    const before = readJson(join(dataDir, 'run', 'workers.json')) as ProcessId;
    process.kill(before.pid, 'SIGKILL');
    expect((await submit(producer, token, welcome('grace@example.org'))).status).toBe(202);
    await launcher.says('workers ended (SIGKILL); it starts again');
    await waitUntil(() => mailsTo(dataDir, 'grace@example.org').length > 0, { deadlineMs: 30_000, what: 'the mail' });
    expect((await fetch(`http://127.0.0.1:${workers}/health/live`)).status).toBe(200);
  });

  test('stops everything within 10 s of Ctrl-C, and the next start does the jobs that were waiting', async () => {
    const job = { ...welcome('later@example.org'), options: { delay: '15s' } };
    expect((await submit(producer, token, job)).status).toBe(202);
    const processes = processesOf(dataDir);
    expect(processes.every(isAlive)).toBe(true);
    launcher.kill('SIGINT');
    expect(await launcher.ended(10_000)).toBe(0);
    expect(processes.filter(isAlive)).toEqual([]);
    expect(mailsTo(dataDir, 'later@example.org')).toEqual([]);

    launcher = start(env);
    await launcher.says(running);
    expect(readFileSync(join(dataDir, 'admin.token'), 'utf8')).toBe(token);
    await waitUntil(() => mailsTo(dataDir, 'later@example.org').length > 0, { deadlineMs: 30_000, what: 'the mail' });
  });

  test('recovers when the launcher itself is killed: the next start takes over what is left', async () => {
    const job = { ...welcome('survivor@example.org'), options: { delay: '8s' } };
    expect((await submit(producer, token, job)).status).toBe(202);
    const broker = processesOf(dataDir)[3];
    launcher.kill('SIGKILL');
    expect(await launcher.ended()).toBe('SIGKILL');
    launcher = start(env);
    await launcher.says(running);
    expect(processesOf(dataDir)[3]).toEqual(broker);
    await waitUntil(() => mailsTo(dataDir, 'survivor@example.org').length > 0, {
      deadlineMs: 30_000,
      what: 'the mail',
    });
    launcher.kill('SIGTERM');
    expect(await launcher.ended(10_000)).toBe(0);
  });
});

test('a port that is taken is named with who has it and the variable to set, and nothing is started', async () => {
  const { dataDir, ports, env } = await place();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(ports[1], '127.0.0.1', resolve));
  const launcher = start(env);
  expect(await launcher.ended()).toBe(1);
  server.close();
  expect(launcher.output()).toContain(`PORT_TAKEN: port ${ports[1]} of 127.0.0.1`);
  expect(launcher.output()).toContain(`process ${process.pid}`);
  expect(launcher.output()).toContain('WORKERS_PORT=');
  expect(readdirSync(dataDir)).toEqual([]);
});

test.each(['14.21.3', '18.20.8', '20.18.0'])('Node %s is refused, with what was found and what to do', (version) => {
  const check = `import('./scripts/node-version.mjs').then((m) => process.exit(m.isNodeNewEnough('${version}') ? 0 : 1))`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', check], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain(`NODE_TOO_OLD: Scutwork needs Node 20.19 or newer; this is Node ${version}`);
});

test('every mistake in the environment is named at once', async () => {
  const launcher = start({ PORT: 'http', AMQP_URL: 'redis://localhost' });
  expect(await launcher.ended()).toBe(1);
  expect(launcher.output().match(/CONFIGURATION_INVALID: (PORT|AMQP_URL):/g)).toHaveLength(2);
});

test('without a broker the producer is up but not ready, and all goes on by itself when one appears', async () => {
  const { ports, env } = await place();
  const [producer = 0, workers = 0] = ports;
  const [port = 0] = await freePorts(1);
  const launcher = start({ ...env, AMQP_URL: `amqp://late:hush@127.0.0.1:${port}` });
  await launcher.says('No broker: no broker answers at amqp://late:***@127.0.0.1');
  expect((await fetch(`http://127.0.0.1:${producer}/health/live`)).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${producer}/health/ready`)).status).toBe(503);
  expect(await isPortFree(workers)).toBe(true);

  const broker = await startOwnBroker({ port });
  await broker.ctl('add_user', 'late', 'hush');
  await broker.ctl('set_permissions', 'late', '.*', '.*', '.*');
  await launcher.says(running);
  const ready = async () => (await fetch(`http://127.0.0.1:${producer}/health/ready`)).status === 200;
  await waitUntil(ready, { deadlineMs: 30_000, what: 'a producer that is ready' });
  launcher.kill('SIGTERM');
  expect(await launcher.ended(10_000)).toBe(0);
  expect(launcher.output()).not.toContain('hush');
  await broker.stop({ deadlineMs: 0 });
});
