import { Client } from 'pg';
import type { Fault } from './fault';
import type { Stage } from '../stage/stage';

/** Faster than those who were thrown out come back. */
const AT_ONCE = 10;

/** Everyone is thrown out, and somebody else takes every place. */
export const fault: Fault = {
  async strike({ stage }) {
    const first = await session(stage);
    const taken = first ? [first] : [];
    await first?.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = $1',
      ['client backend'],
    );
    for (let got = AT_ONCE; got === AT_ONCE;) {
      const some = await Promise.all(Array.from({ length: AT_ONCE }, () => session(stage)));
      const found = some.filter((client) => client !== undefined);
      taken.push(...found);
      got = found.length;
    }
    return {
      whom: `${taken.length} connections taken`,
      heal: async () => {
        await Promise.all(taken.map((client) => client.end()));
      },
    };
  },
};

/** Undefined when there is no place left. */
async function session({ databaseUrl }: Stage): Promise<Client | undefined> {
  const client = new Client(databaseUrl);
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    if ((error as { code?: string }).code === '53300') return undefined;
    throw error;
  }
}
