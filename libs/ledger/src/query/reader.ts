import { type Database, type Transaction, isDatabaseAway } from '../store/database';
import { LedgerError } from '../store/ledger-error';

/**
 * One moment for all statements of a question: a job that moves to history between two of them is seen once. Nothing is
 * read by walking a table, or compiled first: statements are made for the indexes, and each has its bound on the time.
 */
const begin = (timeoutMs: number): string =>
  `begin isolation level repeatable read read only; set local statement_timeout = ${timeoutMs};
   set local enable_seqscan = off; set local jit = off`;

/** Asks the database in read-only transactions whose statements have little time. */
export class Reader {
  constructor(
    private readonly database: Database,
    private readonly timeoutMs: number,
  ) {}

  /** @throws LedgerError `query_too_broad`, `database_unreachable`; and what `work` throws */
  async read<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.inTransaction(work);
    } catch (error) {
      throw told(error, this.timeoutMs);
    }
  }

  private async inTransaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const client = await this.database.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query(begin(this.timeoutMs));
      return await work(client);
    } finally {
      // Nothing was written: a rollback is as good as a commit, and right in any case.
      await client.query('rollback').catch((error: unknown) => {
        broken = error instanceof Error ? error : new Error(String(error));
      });
      client.release(broken);
    }
  }
}

const QUERY_CANCELED = '57014';

function told(error: unknown, timeoutMs: number): unknown {
  if (error instanceof LedgerError) return error;
  if ((error as { code?: string }).code === QUERY_CANCELED) {
    return new LedgerError('query_too_broad', `It takes more than ${timeoutMs} ms to find that.`, {
      hint: 'Give a time range (`from` and `to`), or a narrower filter: a queue, a type, a tag.',
      cause: error,
    });
  }
  if (!isDatabaseAway(error)) return error;
  return new LedgerError('database_unreachable', 'The database does not answer.', {
    hint: 'Ask again in some seconds.',
    cause: error,
  });
}
