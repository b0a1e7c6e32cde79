import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClientBase, Pool, type PoolClient, type PoolConfig, type QueryResultRow } from 'pg';

/** A connection within a transaction. */
export type Transaction = Pick<PoolClient, 'query'>;

export interface DatabaseOptions {
  /** `postgresql://user:password@host:port/database`. */
  url: string;
  /** Most connections. Default 10. */
  connections?: number;
  /** Milliseconds after which PostgreSQL gives up a statement. Default 30,000; the reading side sets less. */
  statementTimeoutMs?: number;
  applicationName?: string;
}

/** The server gives a statement up by itself. An answer that is later than this comes no more: the connection is half-open. */
export const ANSWER_MS = 5_000;
/** What still runs when the pool is closed may end within so long. */
const CLOSING_MS = 2_000;

/**
 * PostgreSQL as the ledger uses it. Every statement has a bound on its time, whether the server says so or nobody does.
 *
 * @example
 * const database = new Database({ url: process.env.DATABASE_URL });
 * await database.transaction(async (tx) => { await tx.query('update …', […]); });
 */
export class Database {
  readonly pool: Pool;
  private readonly clients = new Set<PoolClient>();

  constructor({ url, connections = 10, statementTimeoutMs = 30_000, applicationName = 'scutwork' }: DatabaseOptions) {
    const config: PoolConfig = {
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: 5_000,
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + ANSWER_MS,
      idle_in_transaction_session_timeout: 60_000,
      application_name: applicationName,
    };
    this.pool = new Pool(config);
    // A connection that ends while it is idle: the next use opens another, and says so if it cannot.
    this.pool.on('error', () => undefined);
    // One that ends between two statements of a transaction: the next statement says so.
    this.pool.on('connect', (client) => {
      client.on('error', () => undefined);
      this.clients.add(client);
    });
    this.pool.on('remove', (client) => this.clients.delete(client));
  }

  async query<Row extends QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(text, values)).rows;
  }

  /** Commits when `work` resolves, rolls back when it throws. @throws what `work` throws, and what PostgreSQL does */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    const following: (() => void)[] = [];
    let broken: Error | undefined;
    try {
      await client.query('begin');
      toFollow.set(client, following);
      const result = await work(client);
      await client.query('commit');
      for (const action of following) action();
      return result;
    } catch (error) {
      broken = isUnanswered(error) ? (error as Error) : await rollback(client);
      throw error;
    } finally {
      toFollow.delete(client);
      client.release(broken);
    }
  }

  /** What runs may end within a moment; then it is cut off, and whoever waits for it is told. */
  async close(): Promise<void> {
    const cut = setTimeout(() => this.clients.forEach((client) => void client.end()), CLOSING_MS);
    await this.pool.end();
    clearTimeout(cut);
  }
}

/** Nothing that is said on such a connection is heard. */
const isUnanswered = (error: unknown): boolean => error instanceof Error && error.message === 'Query read timeout';

/** By the connection of a transaction that is under way. */
const toFollow = new WeakMap<Transaction, (() => void)[]>();

/** Does it when the transaction has committed, and never if it does not. It must not throw: what is committed stands. */
export function afterCommit(tx: Transaction, action: () => void): void {
  toFollow.get(tx)?.push(action);
}

async function rollback(client: ClientBase): Promise<Error | undefined> {
  try {
    await client.query('rollback');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** A statement in a file of its own: `libs/ledger/sql/<name>.sql`. */
export function statement(name: string): string {
  return readFileSync(join(__dirname, '../../sql', `${name}.sql`), 'utf8');
}

/**
 * Whether it is the database that is at fault (away, full, read-only, overloaded, a deadlock) and not what it was given:
 * the same again later can go well. Classes of SQLSTATE: PostgreSQL's appendix A.
 */
export function isDatabaseAway(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  if (code !== undefined && /^[0-9A-Z]{5}$/.test(code)) {
    return /^(08|25006|40|53|55P03|57|58|XX)/.test(code);
  }
  if (code !== undefined && /^E[A-Z]+$/.test(code)) return true;
  return /timeout|terminat|closed|not queryable|ended/i.test(message ?? '');
}
