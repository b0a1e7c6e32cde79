import type { Transaction } from '../store/database';

/**
 * One transaction decides by what is known of jobs at a time, whatever the number of producers: a job of which no row
 * exists yet cannot be locked, and two that see none would make two. First in its transaction; held for the
 * milliseconds of one batch. Who holds it needs no order among the rows it locks.
 */
export async function lockRows(tx: Transaction): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1)', [RECORD_LOCK]);
}

const RECORD_LOCK = 727_002;
