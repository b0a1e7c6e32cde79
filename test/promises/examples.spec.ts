import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { freePorts } from '../../libs/local/src';
import { python } from '../interop/python';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';
import { exited } from '../support/worker-process';

const examples = join(__dirname, '../../examples');

interface Running {
  child: ChildProcess;
  prefix: string;
  /** Lines that it has printed. */
  lines: string[];
}

/** As a reader runs it, but on the broker of the tests. */
function run(name: string, env: NodeJS.ProcessEnv = {}): Running {
  const prefix = `t${randomBytes(4).toString('hex')}`;
  const child = spawn(process.execPath, [join(examples, 'run.mjs'), name], {
    env: { PATH: process.env.PATH, AMQP_URL: sharedBroker().url, SCUTWORK_PREFIX: prefix, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  child.stdout.on('data', (chunk) => lines.push(...String(chunk).split('\n').filter(Boolean)));
  return { child, prefix, lines };
}

test('the first job greets after a second, and the example ends', async () => {
  const { child, lines } = run('01-first-job');
  await expect(exited(child)).resolves.toBe(0);
  expect(lines).toEqual([expect.stringMatching(/^Hello Ada! This is attempt 1 of job [0-9a-f-]{36}\.$/)]);
});

test('the options: retries, a wait chosen by the handler, a job that is given up, and one that expires', async () => {
  const { child, lines } = run('02-options');
  await expect(exited(child)).resolves.toBe(0);
  const said = lines.join('\n');
  expect(said).toMatch(/invoice\.send failed at attempt 1: the server answered 500; again in (1[6-9]\d|200) ms/);
  expect(said).toContain('invoice.send failed at attempt 1: rate limited; again in 300 ms');
  expect(said).toContain('is dead (unrecoverable): there is no invoice 3');
  expect(lines.at(-1)).toBe('all nine have ended');
});

test('a Nest application runs its jobs, and ends on SIGTERM', async () => {
  const [port] = await freePorts(1);
  const { child, lines } = run('03-nest-app', { PORT: String(port) });
  await until('two jobs', () => lines.length >= 2);
  expect(lines.sort()).toEqual(['resized cat.png to 320', 'resized dog.png to 64']);
  child.kill('SIGTERM');
  await exited(child);
});

test('Python adds two jobs', async () => {
  const { child, prefix } = run('01-first-job');
  await exited(child);
  const script = join(examples, '05-publish-from-python/publish.py');
  await expect(python(script, [sharedBroker().url, prefix])).resolves.toBe('two jobs added\n');
});

// The tests of this example run here as they stand.
describe('the test kit', () => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would stand outside of this describe
  require('../../examples/04-test-kit/sign-up.spec');
});
