import { type Broker, defineJob, planTopology } from '@scutwork/jobs';
import { z } from 'zod';
import { recordLater } from '../../libs/ledger/src/intake/later';
import { type TestDatabase, testDatabase } from '../support/database';
import { JobsWorld } from '../support/jobs-world';
import { LedgerIntakes } from '../support/ledger-intake';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';

const Far = defineJob({
  type: 'far.away',
  payload: z.object({ n: z.number() }),
  attempts: 7,
  backoff: { type: 'fixed', delay: '2h' },
});
const YEAR_MS = 365 * 86_400_000;

describe('far delays', () => {
  let db: TestDatabase;
  let world: JobsWorld;
  let broker: Broker;
  let ledger: LedgerIntakes;

  beforeEach(async () => {
    db = await testDatabase();
    world = new JobsWorld(sharedBroker().url);
    broker = await world.broker();
    await broker.apply(planTopology({ names: world.names, queues: ['far'] }));
    ledger = new LedgerIntakes(broker, world.names, db.database);
  });
  afterEach(async () => {
    await ledger.stop();
    await world.stop();
    await db.drop();
  });

  const startLedger = async (): Promise<void> => {
    await ledger.start();
    await ledger.takeFrom(world.names.later, recordLater(db.database, ledger.recorder, world.names));
  };
  const kept = () =>
    until('a job that the ledger keeps', async () => {
      const [row] = await db.database.query(
        'select *, extract(epoch from due_at - now())::float8 as due_in from jobs where in_ledger',
      );
      return row;
    });
  const readyIn = async (queue: string) => (await broker.depth(queue))?.messages;

  test.each([
    ['of a year and a half', 1.5 * YEAR_MS],
    ['beyond the end of time', Number.MAX_SAFE_INTEGER],
  ])('a delay %s is kept in the row of the ledger, and nothing of it is at the broker', async (_what, delay) => {
    await startLedger();
    const client = await world.client([Far]);
    const { id, state } = await client.add(Far, { n: 1 }, { delay, priority: 'low', tags: ['t'] });
    expect(state).toBe('delayed');
    const row = await kept();
    expect(row).toMatchObject({ id, state: 'delayed', payload: '{"n":1}', priority: 3, tags: ['t'], max_attempts: 7 });
    const longest = 8.64e12 - Date.now() / 1_000;
    expect(Math.abs(Number(row.due_in) - Math.min(delay / 1_000, longest))).toBeLessThan(30);
    await until('an empty queue', async () => (await readyIn(world.names.later)) === 0);
    expect(ledger.witness.parkedFor).toEqual([]);
  });

  test('a far retry is kept as the retry that it is, with its next attempt', async () => {
    await startLedger();
    const client = await world.client([Far]);
    await world.worker((handlers) =>
      handlers.register(Far, () => {
        throw new Error('busy');
      }),
    );
    const { id } = await client.add(Far, { n: 2 });
    const row = await kept();
    expect(row).toMatchObject({ id, state: 'retrying', attempt: 1, payload: '{"n":2}' });
    expect(Number(row.due_in)).toBeGreaterThan(7_100);
    const told = await until('what its worker told', async () => {
      const [found] = await db.database.query('select error, due_at, in_ledger from jobs where error is not null');
      return found;
    });
    expect(JSON.parse(String(told.error))).toMatchObject({ message: 'busy' });
    expect(told).toMatchObject({ in_ledger: true, due_at: expect.any(Date) });
  });

  test('while the ledger is stopped it waits in its queue, and that counts', async () => {
    await startLedger();
    await ledger.stop();
    const client = await world.client([Far], {
      clock: { now: () => Date.now() - 3_600_000, after: () => () => undefined },
    });
    await client.add(Far, { n: 3 }, { delay: '3h' });
    await until('a message in the queue', async () => (await readyIn(world.names.later)) === 1);
    ledger = new LedgerIntakes(broker, world.names, db.database);
    await startLedger();
    const dueInHours = Number((await kept()).due_in) / 3_600;
    expect(Math.abs(dueInHours - 2)).toBeLessThan(0.1);
  });

  test('without a ledger the ladder takes them, of clients and of workers', async () => {
    const client = await world.client([Far]);
    const { witness } = await world.worker((handlers) =>
      handlers.register(Far, () => {
        throw new Error('busy');
      }),
    );
    await client.add(Far, { n: 4 }, { delay: '2h' });
    // 2 h = 72,000 units = 2^16 + 2^12 + …
    await until('it in the ladder', async () => (await readyIn(world.names.delay(16))) === 1);
    await client.add(Far, { n: 5 });
    await witness.waitFor('retrying');
    await until('the retry in the ladder', async () => (await readyIn(world.names.delay(16))) === 2);
  });
});
