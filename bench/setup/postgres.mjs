import { randomBytes } from 'node:crypto';
import { startPrivatePostgres } from '@scutwork/local';
import pg from 'pg';

/** The bench's own PostgreSQL, with its own defaults: `synchronous_commit` is on. */
export function startPostgres(folder) {
  return startPrivatePostgres({ dataDir: `${folder}/postgres`, temporary: true });
}

/** An empty database on it: what an earlier run left would be searched too. */
export async function freshDatabase(postgres) {
  const name = `bench_${randomBytes(4).toString('hex')}`;
  const client = new pg.Client(postgres.url);
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  return url.href;
}
