import { Database, LedgerInbox, migrate } from '@scutwork/ledger';
import { namesFor } from '@scutwork/jobs';
import { openBroker } from './broker.mjs';

/** The ledger's recording as the producer runs it: every fact final in PostgreSQL, acknowledged after the commit. */
export async function openWorker(setting, count) {
  await migrate(setting.databaseUrl);
  const broker = openBroker(setting);
  const database = new Database({ url: setting.databaseUrl });
  await broker.start();
  const inbox = new LedgerInbox({ broker, database, names: namesFor(setting.prefix), onRecorded: count });
  await inbox.start();
  return {
    async close() {
      await inbox.stop();
      await database.close();
      await broker.stop();
    },
  };
}
