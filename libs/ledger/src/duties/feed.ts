import type { Database } from '../store/database';
import type { Duty } from './duty';

export interface FeedOptions {
  /** Milliseconds that what happened is kept for live clients that come back. Default 1 hour. */
  keepMs?: number;
  /** Bundles kept at most; a bundle is what one batch of records changed. Default 20,000. */
  most?: number;
}

/** Keeps the feed of live clients bounded, by age and by number. */
export class FeedDuty implements Duty {
  readonly name = 'feed';
  readonly everyMs = 10_000;
  readonly alone = true;

  constructor(
    private readonly database: Database,
    private readonly options: FeedOptions = {},
  ) {}

  async run(): Promise<'done'> {
    const { keepMs = 3_600_000, most = 20_000 } = this.options;
    await this.database.query(
      `delete from feed where seq <= (select value from heads where name = 'feed') - $1::bigint
         or at < now() - $2::float8 * interval '1 millisecond'`,
      [most, keepMs],
    );
    return 'done';
  }
}
