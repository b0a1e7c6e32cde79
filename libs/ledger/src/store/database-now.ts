import type { Transaction } from './database';

/** Milliseconds since 1970 by the database's clock: the one that all producers share. */
export async function databaseNow(tx: Transaction): Promise<number> {
  const { rows } = await tx.query<{ now: number }>(
    'select round(extract(epoch from clock_timestamp()) * 1000)::float8 as now',
  );
  return rows[0]?.now ?? Number.NaN;
}
