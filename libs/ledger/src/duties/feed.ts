import type { Database } from '../store/database';
import { type StatementDuty, statementDuty } from './statement-duty';

export interface FeedOptions {
  /** Milliseconds that what happened is kept for live clients that come back. Default 1 hour. */
  keepMs?: number;
  /** Bundles kept at most; a bundle is what one batch of records changed. Default 20,000. */
  most?: number;
}

/** Keeps the feed of live clients bounded, by age and by number. */
export const feedDuty = (database: Database, { keepMs = 3_600_000, most = 20_000 }: FeedOptions = {}): StatementDuty =>
  statementDuty(database, { name: 'feed', everyMs: 10_000, sql: TRIM, values: [most, keepMs] });

const TRIM = `
delete from feed where seq <= (select value from heads where name = 'feed') - $1::bigint
  or at < now() - $2::float8 * interval '1 millisecond'`;
