import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claim, readJson, writeJson } from './claim';
import { identify, isAlive } from './processes';

const folder = mkdtempSync(join(tmpdir(), 'scutwork-claim-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a folder is claimed once, until it is released', () => {
  const file = join(folder, 'once');
  const first = claim(file);
  expect(first.held).toBe(true);
  expect(claim(file)).toMatchObject({ held: false, by: { pid: process.pid } });
  if (first.held) first.release();
  expect(claim(file).held).toBe(true);
});

test('the claim of a process that died is taken over, also when its id belongs to another by now', async () => {
  const child = spawn('sleep', ['60']);
  const id = identify(child.pid ?? 0);
  expect(id && isAlive(id)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const file = join(folder, 'dead');
  writeJson(file, id);
  expect(claim(file).held).toBe(true);
  writeJson(file, { pid: process.pid, startTime: '1' });
  expect(claim(file).held).toBe(true);
});

test('a file that was cut short counts as none', () => {
  const file = join(folder, 'torn');
  writeFileSync(file, '{"pid":');
  expect(readJson(file)).toBeUndefined();
  expect(claim(file).held).toBe(true);
});
