import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Spool } from './spool';
import { workerName } from './worker-name';

let dir: string;
beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'spool-')), 'new');
});
afterEach(() => rm(join(dir, '..'), { recursive: true }));

async function drained(spool: Spool): Promise<string[]> {
  const lines: string[] = [];
  await spool.drain(async (some) => void lines.push(...some));
  return lines;
}

test('what was appended is published in its order, once', async () => {
  const spool = new Spool(dir, workerName());
  await Promise.all([spool.append(['{"n":1}', '{"n":2}']), spool.append(['{"n":3}'])]);
  expect(await drained(spool)).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
  expect(await drained(spool)).toEqual([]);
  expect(await readdir(dir)).toEqual([]);
});

test('lines are in the file when append has resolved, for its owner alone', async () => {
  const spool = new Spool(dir, 'w');
  await spool.append(['{"n":1}']);
  expect(await readFile(join(dir, 'w.ndjson'), 'utf8')).toBe('{"n":1}\n');
  expect((await stat(join(dir, 'w.ndjson'))).mode & 0o077).toBe(0);
  await spool.close();
});

test('what could not be published stays for the next time', async () => {
  const spool = new Spool(dir, workerName());
  await spool.append(['{"n":1}']);
  await expect(spool.drain(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await drained(spool)).toEqual(['{"n":1}']);
});

test('a line that a crash cut short is left out: its job was not acknowledged', async () => {
  const spool = new Spool(dir, 'w');
  await spool.append(['{"n":1}']);
  await writeFile(join(dir, 'w.ndjson'), '{"n":2', { flag: 'a' });
  expect(await drained(spool)).toEqual(['{"n":1}']);
});

test('a full disk refuses, and what it took of a line does not run into the next one', async () => {
  const spool = new Spool(dir, 'w');
  const file = join(dir, 'w.ndjson');
  await mkdir(dir);
  await symlink('/dev/full', file);
  await expect(spool.append(['{"n":1}'])).rejects.toThrow('ENOSPC');
  await rm(file);
  await writeFile(file, '{"n":1,"of":{}');
  await spool.append(['{"n":1}', '{"n":2}']);
  expect(await drained(spool)).toEqual(['{"n":1}', '{"n":2}']);
});

test('files of a worker that is gone are taken over; those of one that lives are not', async () => {
  const spool = new Spool(dir, workerName());
  await spool.append(['{"n":1}']);
  await writeFile(join(dir, 'host-4194305-abcdef.ndjson'), '{"gone":1}\n');
  await writeFile(join(dir, `host-${process.ppid}-abcdef.ndjson`), '{"lives":1}\n');
  expect((await drained(spool)).sort()).toEqual(['{"gone":1}', '{"n":1}']);
  expect(await readdir(dir)).toEqual([`host-${process.ppid}-abcdef.ndjson`]);
});

test('a folder that is not there yet has nothing to publish', async () => {
  expect(await drained(new Spool(dir, 'w'))).toEqual([]);
});

test('a second call waits for the first: each line is published once', async () => {
  const spool = new Spool(dir, workerName());
  await spool.append(['{"n":1}']);
  let confirm: () => void = () => undefined;
  let first: Promise<number> | undefined;
  await new Promise<void>((published) => {
    first = spool.drain(() => {
      published();
      return new Promise((resolve) => (confirm = resolve));
    });
  });
  const second = drained(spool);
  await spool.append(['{"n":2}']);
  confirm();
  expect(await first).toBe(1);
  expect(await second).toEqual(['{"n":2}']);
  expect(await readdir(dir)).toEqual([]);
});

test('what is appended while files are taken is not removed with them', async () => {
  const spool = new Spool(dir, workerName());
  const lines: string[] = [];
  const rounds = Array.from({ length: 20 }, (_, n) => n);
  await Promise.all(
    rounds.flatMap((n) => [
      spool.append([`{"n":${n}}`]),
      spool.drain(async (some) => void lines.push(...some)),
      spool.append([`{"m":${n}}`]),
    ]),
  );
  await spool.drain(async (some) => void lines.push(...some));
  expect(lines.length).toBe(40);
});

test('a worker whose name begins alike keeps its file', async () => {
  const spool = new Spool(dir, 'worker-1');
  await spool.append(['{"n":1}']);
  await writeFile(join(dir, 'worker-10.ndjson'), '{"other":1}\n');
  expect(await drained(spool)).toEqual(['{"n":1}']);
});
