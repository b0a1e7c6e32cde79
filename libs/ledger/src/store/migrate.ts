import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator';
import { Client } from 'pg';
import { makeDays } from '../retention/make-days';
import { Database } from './database';

/** Any number will do that nobody else takes for an advisory lock in this database. */
const MIGRATION_LOCK = 727_001;

/**
 * Brings the database to the newest schema, with the days that jobs are about to end on. Of several that start together one does it, the others wait for it.
 * @throws Error of PostgreSQL, e.g. when the user may not create tables
 */
export async function migrate(url: string): Promise<void> {
  const client = new Client({ connectionString: url, application_name: 'scutwork-migrate' });
  // Its statements fail by themselves.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await applyMigrations(drizzle(client), {
      migrationsFolder: join(__dirname, '../../migrations'),
      migrationsSchema: 'public',
      migrationsTable: 'scutwork_migrations',
    });
    await prepareDays(url);
  } finally {
    await client.end();
  }
}

async function prepareDays(url: string): Promise<void> {
  const database = new Database({ url, connections: 1, applicationName: 'scutwork-migrate' });
  try {
    await makeDays(database, Date.now());
  } finally {
    await database.close();
  }
}
