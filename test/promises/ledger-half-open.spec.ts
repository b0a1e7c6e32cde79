import { Database, Ledger } from '../../libs/ledger/src';
import { isDatabaseAway } from '../../libs/ledger/src/store/database';
import { Locks } from '../../libs/ledger/src/store/locks';
import { type TestDatabase, testDatabase } from '../support/database';
import { JobsWorld } from '../support/jobs-world';
import { sharedBroker } from '../support/private-broker';
import { type TcpGate, startTcpGate } from '../support/tcp-gate';

/** As when a cable is pulled: each side believes the other there, and hears nothing. */
describe('connections to the database that are half-open', () => {
  let db: TestDatabase;
  let gate: TcpGate;
  let url: string;

  beforeAll(async () => {
    db = await testDatabase();
    const direct = new URL(db.url);
    gate = await startTcpGate(direct.hostname, Number(direct.port));
    const through = new URL(db.url);
    through.host = `127.0.0.1:${gate.port}`;
    url = through.href;
  });
  afterAll(async () => {
    await gate.close();
    await db.drop();
  });

  test('a statement and a lock that nobody answers end, and the next ones go another way', async () => {
    const database = new Database({ url, connections: 1, statementTimeoutMs: 200 });
    const locks = new Locks(url);
    await database.query('select 1');
    await locks.tryHold('first');
    gate.freeze();
    const told = await Promise.all(
      [database.transaction((tx) => tx.query('select 1')), locks.tryHold('second')].map((asked) =>
        asked.then(
          () => 'answered',
          (error: unknown) => isDatabaseAway(error),
        ),
      ),
    );
    expect(told).toEqual([true, true]);
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
    expect(await locks.tryHold('second')).toBe(true);
    await Promise.all([database.close(), locks.close()]);
  });

  test('hold up no end of a ledger', async () => {
    const world = new JobsWorld(sharedBroker().url);
    const ledger = new Ledger({ broker: await world.broker(), names: world.names, databaseUrl: url });
    await ledger.start();
    await ledger.ready();
    gate.freeze();
    const fromMs = Date.now();
    await ledger.stop();
    expect(Date.now() - fromMs).toBeLessThan(15_000);
    await world.stop();
  });
});
