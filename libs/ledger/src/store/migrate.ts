import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator';
import { Client } from 'pg';

/** Any number will do that nobody else takes for an advisory lock in this database. */
const MIGRATION_LOCK = 727_001;

/**
 * Brings the database to the newest schema. Of several that start together one does it, the others wait for it.
 * @throws Error of PostgreSQL, e.g. when the user may not create tables
 */
export async function migrate(url: string): Promise<void> {
  const client = new Client({ connectionString: url, application_name: 'scutwork-migrate' });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await applyMigrations(drizzle(client), {
      migrationsFolder: join(__dirname, '../../migrations'),
      migrationsSchema: 'public',
      migrationsTable: 'scutwork_migrations',
    });
  } finally {
    await client.end();
  }
}
