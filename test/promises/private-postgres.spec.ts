import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startPrivatePostgres, type PrivatePostgres } from '../../libs/local/src';

describe('a private PostgreSQL', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'scutwork-postgres-'));
  let database: PrivatePostgres;

  beforeAll(async () => {
    database = await startPrivatePostgres({ dataDir, temporary: true });
  });

  afterAll(async () => {
    await database.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('listens on 127.0.0.1 alone and lets nobody in without its password', async () => {
    expect(await ask(database.url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    const strangers = database.url.replace(/:[^:@]+@/, ':guess@');
    await expect(ask(strangers, 'select 1')).rejects.toThrow('password authentication failed');
  });

  test('keeps its password to its owner', () => {
    expect(statSync(join(dataDir, 'settings.json')).mode & 0o077).toBe(0);
  });

  test('is refused a second time on the same folder', async () => {
    await expect(startPrivatePostgres({ dataDir })).rejects.toMatchObject({ code: 'FOLDER_IN_USE' });
  });

  test('keeps what was committed across a kill and a restart', async () => {
    await ask(database.url, 'create table kept (id int)');
    await ask(database.url, 'insert into kept values (42)');
    await database.kill();
    expect(database.isRunning()).toBe(false);
    await database.restart();
    expect(await ask(database.url, 'select id from kept')).toEqual([{ id: 42 }]);
  });

  test('a later start on its folder finds the same address and the data', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'scutwork-postgres-'));
    const first = await startPrivatePostgres({ dataDir: folder });
    await ask(first.url, 'create table kept as select 7 as id');
    await first.stop();
    const second = await startPrivatePostgres({ dataDir: folder, temporary: true });
    expect(second.url).toBe(first.url);
    expect(await ask(second.url, 'select id from kept')).toEqual([{ id: 7 }]);
    await second.stop();
  });
});

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new Client(url);
  try {
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}
