import type { Database } from '../store/database';

/** Rows of one statement: none takes long, and none holds the log of the database back. */
const MOST_ROWS = 10_000;

/** Removes what is older, the oldest first, a part at a time. `before` is milliseconds since 1970. */
export async function dropOld(
  database: Database,
  table: 'audit' | 'metrics',
  column: 'at' | 'minute',
  before: number,
  signal: AbortSignal,
): Promise<void> {
  const statement = `
    delete from ${table} where ctid = any(array(
      select ctid from ${table} where ${column} < to_timestamp($1::float8 / 1000) order by ${column} limit ${MOST_ROWS}
    )) returning 1`;
  while (!signal.aborted) if ((await database.query(statement, [before])).length < MOST_ROWS) return;
}
