import type { Database, Transaction } from '../store/database';
import { DAY_MS } from './days';
import { type ByDay, LOCK_WAIT, PARENTS, makeDay, missingDays } from './partitions';

/** Rows of days before this one that come late stay in the `_rest`, and are removed from there. */
const OLDEST_MADE_MS = 400 * DAY_MS;
/** Moving the rows of a day that had no place may take its time. */
const LONG = "set local statement_timeout = '10min'";

/** Whether PostgreSQL gave up waiting for a lock. */
export function isLockTimeout(error: unknown): boolean {
  return (error as { code?: string }).code === '55P03';
}

/** Makes the days that are missing, each in a transaction of its own. What is locked just now comes next time. */
export async function makeDays(database: Pick<Database, 'transaction'>, now: number): Promise<void> {
  for (const parent of PARENTS) {
    const missing = await database.transaction((tx) => missingDays(tx, parent, now, now - OLDEST_MADE_MS));
    for (const day of missing) {
      await database
        .transaction((tx) => makeOne(tx, parent, day))
        .catch((error: unknown) => {
          if (!isLockTimeout(error)) throw error;
        });
    }
  }
}

async function makeOne(tx: Transaction, parent: ByDay, day: Parameters<typeof makeDay>[2]): Promise<void> {
  await tx.query(LOCK_WAIT);
  await tx.query(LONG);
  await makeDay(tx, parent, day);
}
