import type { Database } from '../store/database';
import type { Duty } from './duty';

const MOST_KEYS = 10_000;

/** Forgets unique keys that were held for a time which has passed. They hold nothing any more: it is for room alone. */
export class ExpiredKeys implements Duty {
  readonly name = 'expired-keys';
  readonly everyMs = 60_000;
  readonly alone = true;

  constructor(private readonly database: Database) {}

  async run(): Promise<'more' | 'done'> {
    const gone = await this.database.query(FORGET, [MOST_KEYS]);
    return gone.length === MOST_KEYS ? 'more' : 'done';
  }
}

const FORGET = `
delete from keys where key in (
  select key from keys where until <= now() order by until limit $1 for update skip locked
) and until <= now() returning key`;
