import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Database, Ledger } from '../../libs/ledger/src';
import { isDatabaseAway } from '../../libs/ledger/src/store/database';
import { Locks } from '../../libs/ledger/src/store/locks';
import { type TestDatabase, testDatabase } from '../support/database';
import { JobsWorld } from '../support/jobs-world';
import { sharedBroker } from '../support/private-broker';
import { type TcpGate, gateTo } from '../support/tcp-gate';

/** As when a cable is pulled: each side believes the other there, and hears nothing. */
describe('connections to the database that are half-open', () => {
  let db: TestDatabase;
  let gate: TcpGate;
  let url: string;

  beforeAll(async () => {
    db = await testDatabase();
    ({ gate, url } = await gateTo(db.url));
  });
  afterAll(async () => {
    await gate.close();
    await db.drop();
  });

  const isAway = (asked: Promise<unknown>): Promise<boolean> => asked.then(() => false, isDatabaseAway);

  test('a statement and a lock that nobody answers end, and the next ones go another way', async () => {
    const database = new Database({ url, connections: 1, statementTimeoutMs: 200 });
    const locks = new Locks(url);
    await database.query('select 1');
    await locks.tryHold('first');
    gate.freeze();
    const [statement, lock, later] = [
      isAway(database.transaction((tx) => tx.query('select 1'))),
      isAway(locks.tryHold('second')),
      isAway(locks.tryHold('third')),
    ];
    expect(await lock).toBe(true);
    const other = locks.tryHold('fourth');
    expect(await Promise.all([statement, later, other])).toEqual([true, true, true]);
    // Held by the session that is there now, not by one that was forgotten.
    await locks.release('fourth');
    const somebody = new Locks(db.url);
    expect(await somebody.tryHold('fourth')).toBe(true);
    await somebody.close();
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
    await Promise.all([database.close(), locks.close()]);
  });

  test('all who wait for one connection are told at once that it does not come', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const locks = new Locks(`postgresql://somebody@127.0.0.1:${port}/something`);
    const fromMs = Date.now();
    const asked = ['one', 'two', 'three'].map((name) => locks.tryHold(name));
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(asked.map(() => 'rejected'));
    expect(Date.now() - fromMs).toBeLessThan(9_000);
    await locks.close();
    silent.close();
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
