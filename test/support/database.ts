import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { Database, migrate } from '../../libs/ledger/src';
import { type PrivatePostgres, startPrivatePostgres } from '../../libs/local/src';

/** What global-setup hands to the tests, through the environment of the jest workers. */
const variable = 'SCUTWORK_TEST_DATABASE';

export interface TestDatabase {
  url: string;
  database: Database;
  /** Ends the connections and removes the database. */
  drop(): Promise<void>;
}

/** A migrated database of the spec's own, on the server that all specs of a run share. Drop it in `afterAll`. */
export async function testDatabase(): Promise<TestDatabase> {
  const url = await emptyDatabase();
  await migrate(url);
  const database = new Database({ url });
  const drop = async (): Promise<void> => {
    await database.close();
    await dropDatabase(url);
  };
  return { url, database, drop };
}

/** One without any table, and how it is removed. */
export async function emptyTestDatabase(): Promise<Pick<TestDatabase, 'url' | 'drop'>> {
  const url = await emptyDatabase();
  return { url, drop: () => dropDatabase(url) };
}

async function emptyDatabase(): Promise<string> {
  const name = `t${randomBytes(5).toString('hex')}`;
  await onServer(`create database ${name}`);
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  return url.href;
}

const dropDatabase = (url: string): Promise<void> =>
  onServer(`drop database ${new URL(url).pathname.slice(1)} with (force)`);

/**
 * A server for one spec alone, to be killed, stopped or filled. Stop it in `afterAll`; it also disappears, with its
 * folder, when the process that started it ends, however it ends.
 */
export function startOwnPostgres(): Promise<PrivatePostgres> {
  return startPrivatePostgres({ dataDir: mkdtempSync(join(tmpdir(), 'scutwork-postgres-')), temporary: true });
}

/** For global-setup alone. */
export async function startSharedPostgres(): Promise<PrivatePostgres> {
  const server = await startOwnPostgres();
  process.env[variable] = server.url;
  return server;
}

function serverUrl(): string {
  const url = process.env[variable];
  if (!url) throw new Error('no database was started: run this spec by `npx jest --selectProjects broker`');
  return url;
}

async function onServer(sql: string): Promise<void> {
  const client = new Client(serverUrl());
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
