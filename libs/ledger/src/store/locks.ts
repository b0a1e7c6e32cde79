import { createHash } from 'node:crypto';
import { systemClock } from '@scutwork/jobs';
import { InTurn, within } from '@scutwork/jobs/wire';
import { Client } from 'pg';
import { ANSWER_MS } from './database';

const CLOSING_MS = 1_000;

/**
 * Locks of this process among all producers, held by one session of PostgreSQL: a process that dies gives them up with
 * its connection. They keep duties from being done twice at a time; nothing relies on them to be right.
 */
export class Locks {
  private session: Promise<Client> | undefined;
  /** That of the session. */
  private client: Client | undefined;
  private isClosed = false;
  /** One question at a time: a session answers them in turn. */
  private readonly turns = new InTurn();

  constructor(private readonly url: string) {}

  /** True when the lock is held now; give it back with {@link release}. @throws Error when the database is away */
  async tryHold(name: string): Promise<boolean> {
    // Outside the turns: all who wait for one connection are told at once that it does not come.
    const client = await this.connected();
    return this.turns.run(async () => (await this.ask(client, 'pg_try_advisory_lock', name)) === true);
  }

  /** Does nothing when the session has ended meanwhile: then it is given up already. */
  release(name: string): Promise<void> {
    return this.turns.run(async () => {
      const client = await this.session;
      if (client) await this.ask(client, 'pg_advisory_unlock', name);
    });
  }

  /** Nothing is held any more from here on. */
  async close(): Promise<void> {
    this.isClosed = true;
    const session = this.session;
    this.session = undefined;
    const ended = session?.then((client) => client.end());
    // On a connection that is half-open nobody says goodbye.
    if (ended) await within(systemClock, CLOSING_MS, ended);
  }

  /** A session that does not answer is given up, and with it all that it held. */
  private async ask(client: Client, question: 'pg_try_advisory_lock' | 'pg_advisory_unlock', name: string) {
    try {
      const { rows } = await client.query<{ answer: boolean }>(`select ${question}($1) as answer`, [numberOf(name)]);
      return rows[0]?.answer;
    } catch (error) {
      this.forget(client);
      void client.end();
      throw error;
    }
  }

  /** Only if no other has come since: one that nobody remembers would hold its locks for ever. */
  private forget(client: Client): void {
    if (this.client !== client) return;
    this.client = undefined;
    this.session = undefined;
  }

  private async connected(): Promise<Client> {
    if (this.isClosed) throw new Error('the locks are closed');
    return (this.session ??= this.connect());
  }

  private async connect(): Promise<Client> {
    const client = new Client({
      ...{ connectionString: this.url, application_name: 'scutwork-locks', keepAlive: true },
      ...{ connectionTimeoutMillis: ANSWER_MS, query_timeout: ANSWER_MS },
    });
    this.client = client;
    // An ended session holds nothing: the next use opens another.
    client.on('error', () => this.forget(client));
    client.on('end', () => this.forget(client));
    try {
      await client.connect();
      return client;
    } catch (error) {
      this.forget(client);
      throw error;
    }
  }
}

function numberOf(name: string): number {
  return createHash('sha256').update(`scutwork ${name}`).digest().readInt32BE(0);
}
