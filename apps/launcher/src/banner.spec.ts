import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { banner, firstJob, type BannerFacts } from './banner';
import { readConfiguration } from './configuration';

const facts: BannerFacts = {
  configuration: readConfiguration({ PORT: '4000' }, '/checkout').configuration,
  broker: { kind: 'given', url: 'amqp://jobs:p@ss:word@a:5672,amqp://jobs:other@b' },
  database: { kind: 'given', url: 'postgresql://ledger:hush@db/jobs' },
  queues: [
    { name: 'email', concurrency: 5, priority: 'normal' },
    { name: 'pipeline', concurrency: 10, priority: 'high' },
  ],
  tokenFile: '/checkout/.scutwork/admin.token',
  cwd: '/checkout',
};

test('the banner names every address, queue and file, and no password', () => {
  const text = banner(facts);
  for (const part of [
    'http://127.0.0.1:4000/api/v1',
    'http://127.0.0.1:3001',
    'http://127.0.0.1:3002',
    'amqp://jobs:***@a:5672, amqp://jobs:***@b',
    'postgresql://ledger:***@db/jobs',
    'email 5, pipeline 10 (high)',
    ' .scutwork/admin.token',
    ' .scutwork/outbox/*.eml',
    'curl -s -X POST http://127.0.0.1:4000/api/v1/jobs',
  ]) {
    expect(text).toContain(part);
  }
  expect(text).not.toMatch(/p@ss|word@|other|hush/);
});

test('paths are whole when one stands somewhere else', () => {
  expect(banner({ ...facts, cwd: '/home/ada' })).toContain(' /checkout/.scutwork/admin.token');
});

test('the line for the first job is one the shell understands, wherever the token is', () => {
  const folder = mkdtempSync(join(tmpdir(), "it's a folder "));
  const file = join(folder, 'admin.token');
  writeFileSync(file, 'the-token');
  const line = firstJob(4000, file).replace(/^curl/, 'printf "%s\\n"');
  const said = execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' }).split('\n');
  expect(said).toContain('authorization: Bearer the-token');
  expect(said).toContain('{"type":"email.welcome","payload":{"to":"ada@example.org","name":"Ada"}}');
  rmSync(folder, { recursive: true });
});
