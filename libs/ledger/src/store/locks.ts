import { createHash } from 'node:crypto';
import { InTurn } from '@scutwork/jobs/wire';
import { Client } from 'pg';

/**
 * Locks of this process among all producers, held by one session of PostgreSQL: a process that dies gives them up with
 * its connection. They keep duties from being done twice at a time; nothing relies on them to be right.
 */
export class Locks {
  private session: Promise<Client> | undefined;
  /** One question at a time: a session answers them in turn. */
  private readonly turns = new InTurn();

  constructor(private readonly url: string) {}

  /** True when the lock is held now; give it back with {@link release}. @throws Error when the database is away */
  tryHold(name: string): Promise<boolean> {
    return this.turns.run(async () => {
      const client = await this.connected();
      const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [
        numberOf(name),
      ]);
      return rows[0]?.held === true;
    });
  }

  /** Does nothing when the session has ended meanwhile: then it is given up already. */
  release(name: string): Promise<void> {
    return this.turns.run(async () => {
      const client = await this.session;
      await client?.query('select pg_advisory_unlock($1)', [numberOf(name)]);
    });
  }

  async close(): Promise<void> {
    const session = this.session;
    this.session = undefined;
    await (await session)?.end();
  }

  private async connected(): Promise<Client> {
    this.session ??= this.connect();
    try {
      return await this.session;
    } catch (error) {
      this.session = undefined;
      throw error;
    }
  }

  private async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.url, application_name: 'scutwork-locks', keepAlive: true });
    // An ended session holds nothing: the next use opens another.
    const forget = (): void => {
      this.session = undefined;
    };
    client.on('error', forget);
    client.on('end', forget);
    await client.connect();
    return client;
  }
}

function numberOf(name: string): number {
  return createHash('sha256').update(`scutwork ${name}`).digest().readInt32BE(0);
}
