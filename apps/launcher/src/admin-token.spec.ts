import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureAdminToken } from './admin-token';

const folder = mkdtempSync(join(tmpdir(), 'scutwork-token-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a token is made once, bare and for its owner alone, and kept', () => {
  const file = ensureAdminToken(folder);
  const token = readFileSync(file, 'utf8');
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  chmodSync(file, 0o644);
  expect(readFileSync(ensureAdminToken(folder), 'utf8')).toBe(token);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('an empty file gets a token', () => {
  writeFileSync(join(folder, 'admin.token'), '\n');
  expect(readFileSync(ensureAdminToken(folder), 'utf8')).toMatch(/^[\w-]{43}$/);
});
