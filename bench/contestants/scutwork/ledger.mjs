import { Ledger } from '@scutwork/ledger';
import { namesFor } from '@scutwork/jobs';
import pg from 'pg';
import { openBroker } from './broker.mjs';

/** The ledger as the producer runs it: every fact final in PostgreSQL, acknowledged after the commit. */
export async function openWorker(setting) {
  const broker = openBroker(setting);
  const ledger = new Ledger({
    broker,
    databaseUrl: setting.databaseUrl,
    names: namesFor(setting.prefix),
    events: loud,
  });
  await ledger.start();
  await ledger.ready();
  const client = new pg.Client(setting.databaseUrl);
  await client.connect();
  const countCompleted = async () => {
    const { rows } = await client.query(
      'select count(*)::int as n from history where payload is not null and started_at is not null and finished_at is not null',
    );
    return rows[0].n;
  };
  return {
    facts: async () => ({ completed: await countCompleted() }),
    async close() {
      await client.end();
      await ledger.stop();
      await broker.stop();
    },
  };
}

/** A bench that fails quietly measures nothing. */
const loud = {
  failed: (what, error) => console.error(`${what}: ${error.stack}`),
  parked: (queue, reason) => console.error(`parked from ${queue}: ${reason}`),
  missed: (schedule, moments) => console.error(`${schedule} missed ${moments}`),
  noticed: (what) => console.error(what),
};
