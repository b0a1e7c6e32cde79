import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '@scutwork/local';
import { forScreen, openAppLog } from './app-log';

test.each([
  ['an info line stays in the file', '{"level":30,"msg":"started"}', 'stdout', undefined],
  ['a warning is shown', '{"level":40,"msg":"slow"}', 'stdout', 'warn  slow'],
  [
    'an error is shown with its cause and what to do',
    '{"level":50,"msg":"no connection","err":{"message":"ECONNREFUSED"},"hint":"start it"}',
    'stdout',
    'error no connection ECONNREFUSED (start it)',
  ],
  ['what is no log line is shown when it comes as an error', 'Error: boom', 'stderr', 'Error: boom'],
  ['and stays in the file otherwise', 'hello', 'stdout', undefined],
  ['a line that only looks like JSON is no log line', '{oops', 'stderr', '{oops'],
] as const)('%s', (_name, text, from, shown) => {
  expect(forScreen(text, from)).toBe(shown);
});

test('a warning that repeats itself is shown once in a while, and is in the file each time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'scutwork-log-'));
  const shown: string[] = [];
  let now = 0;
  const log = openAppLog(folder, 'workers', { say: () => undefined, warn: (text) => shown.push(text) }, () => now);
  const warning = '{"level":40,"msg":"the broker is away"}';
  for (now of [0, 1_000, 2_000, 31_000]) log.line(warning, 'stdout');
  log.close();
  expect(shown).toEqual(['workers   warn  the broker is away', 'workers   warn  the broker is away']);
  await waitUntil(() => existsSync(log.file) && readFileSync(log.file, 'utf8') === `${warning}\n`.repeat(4), {
    deadlineMs: 5_000,
    what: 'log',
  });
  rmSync(folder, { recursive: true });
});
