import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, identify, isAlive, isPortFree, waitUntil, writeJson } from '@scutwork/local';
import { openAppLog } from './app-log';
import { endOrphans, takenPorts } from './obstacles';
import { pidFile, superviseApp, type SupervisedApp } from './supervise-app';

const folder = mkdtempSync(join(tmpdir(), 'scutwork-supervise-'));
const screenLines: string[] = [];
const screen = { say: (text: string) => screenLines.push(text), warn: (text: string) => screenLines.push(text) };
const started: SupervisedApp[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((app) => app.stop({ deadlineMs: 1_000 })));
  screenLines.length = 0;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A stand-in app that notes what happens to it; `source` runs when its server listens. */
async function supervise(source: string): Promise<{ app: SupervisedApp; port: number; notes: () => string }> {
  const [port = 0] = await freePorts(1);
  const [entry, notes] = [join(folder, `${port}.js`), join(folder, `${port}.notes`)];
  writeFileSync(
    entry,
    `const note = (text) => require('node:fs').appendFileSync(${JSON.stringify(notes)}, text + '\\n');
     note('began');
     const server = require('node:http').createServer((request, response) => {
       if (request.url === '/crash') process.kill(process.pid, 'SIGKILL');
       response.end();
     });
     process.on('SIGTERM', () => { note('asked to stop'); server.close(); server.closeAllConnections(); });
     server.listen(${port}, '127.0.0.1', () => { ${source} });`,
  );
  const log = openAppLog(folder, `app-${port}`, screen);
  const app = superviseApp(
    { name: 'workers', entry, port, env: process.env },
    { rootDir: folder, dataDir: folder, log, screen },
  );
  started.push(app);
  return { app, port, notes: () => (existsSync(notes) ? readFileSync(notes, 'utf8') : '') };
}

test('an app that is killed by a job is started again', async () => {
  const { app, port, notes } = await supervise('');
  await app.live;
  await fetch(`http://127.0.0.1:${port}/crash`).catch(() => undefined);
  await waitUntil(() => notes() === 'began\nbegan\n', { deadlineMs: 10_000, what: 'the second start' });
  expect(screenLines.join('\n')).toContain('workers ended (SIGKILL); it starts again in 0.5 s');
});

test('an app is asked to stop, and is not started again', async () => {
  const { app, port, notes } = await supervise('');
  await app.live;
  await Promise.all([app.stop({ deadlineMs: 5_000 }), app.stop({ deadlineMs: 5_000 })]);
  expect(notes()).toBe('began\nasked to stop\n');
  expect(await isPortFree(port)).toBe(true);
  expect(existsSync(pidFile(folder, 'workers'))).toBe(false);
});

test('an app that does not stop in time is ended by force', async () => {
  const { app, port } = await supervise("process.removeAllListeners('SIGTERM'); process.on('SIGTERM', () => {});");
  await app.live;
  await app.stop({ deadlineMs: 100 });
  expect(await isPortFree(port)).toBe(true);
});

test('an app that was told nonsense is not tried twice', async () => {
  const { app, notes } = await supervise('process.exit(78);');
  await expect(app.live).rejects.toMatchObject({
    reasons: [{ code: 'APP_DOES_NOT_START', problem: expect.stringContaining('exit code 78') as string }],
  });
  expect(notes()).toBe('began\n');
});

test('what a killed launcher left running is ended by the next start', async () => {
  mkdirSync(join(folder, 'run'), { recursive: true });
  const orphan = identify(spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }).pid ?? 0);
  expect(orphan && isAlive(orphan)).toBe(true);
  writeJson(pidFile(folder, 'scheduler'), orphan);
  // A process that has got the id of a dead app meanwhile is left alone.
  writeJson(pidFile(folder, 'producer'), { pid: process.pid, startTime: '1' });
  expect(await endOrphans(folder, ['producer', 'workers', 'scheduler'])).toEqual(['scheduler']);
  expect(orphan && isAlive(orphan)).toBe(false);
});

test('a port that is taken is named with its holder and the variable that chooses another', async () => {
  const { app, port } = await supervise('');
  await app.live;
  const [free = 0, other = 0] = await freePorts(2);
  const taken = await takenPorts({ producer: free, workers: other, scheduler: port });
  expect(taken).toHaveLength(1);
  expect(taken[0]).toMatchObject({
    code: 'PORT_TAKEN',
    problem: expect.stringMatching(new RegExp(`port ${port} .* process \\d+ `)) as string,
    hint: expect.stringContaining('SCHEDULER_PORT=') as string,
  });
});
