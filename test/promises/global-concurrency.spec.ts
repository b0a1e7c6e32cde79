import { z } from 'zod';
import { type Worker, defineJob } from '../../libs/jobs/src';
import { Ledger } from '../../libs/ledger/src';
import { type ApiWorld, apiWorld, expectProblem } from '../support/api';
import { type TestDatabase, testDatabase } from '../support/database';
import { JobsWorld, type Witness } from '../support/jobs-world';
import { boss } from '../support/ledger-world';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';

const Call = defineJob({ type: 'crm.call', payload: z.object({ n: z.number() }), timeout: '30s' });
const calls = (count: number) => Array.from({ length: count }, (_, n) => ({ payload: { n } }));

describe('a cap on a queue across all workers', () => {
  let db: TestDatabase;
  let world: JobsWorld;
  let ledger: Ledger;
  /** Handlers that run at this moment, by worker, and the most that ever did at once in all. */
  const running = new Map<string, number>();
  let peak = 0;
  let takesMs = 20;
  let completed = 0;

  const total = (): number => [...running.values()].reduce((sum, count) => sum + count, 0);
  const add = (name: string, by: number): void => {
    running.set(name, (running.get(name) ?? 0) + by);
    peak = Math.max(peak, total());
  };
  const startLedger = async (): Promise<Ledger> => {
    const made = new Ledger({ broker: await world.broker(), databaseUrl: db.url, names: world.names, jobs: [Call] });
    await made.start();
    await made.ready();
    return made;
  };
  const startWorker = (name: string): Promise<{ worker: Worker; witness: Witness }> =>
    world.worker(
      (handlers) =>
        handlers.register(Call, async () => {
          add(name, 1);
          await new Promise((resolve) => setTimeout(resolve, takesMs));
          add(name, -1);
          completed++;
        }),
      { name, concurrency: 10 },
    );
  const shares = async () => (await ledger.queue('crm')).globalConcurrency?.shares;
  const sharesAre = (wanted: Record<string, number>) =>
    until(`shares of ${JSON.stringify(wanted)}`, async () => {
      const given = (await shares()) ?? {};
      return JSON.stringify(given) === JSON.stringify(wanted);
    });
  /** Puts so many into the broker and waits until all have run. */
  const runAll = async (count: number): Promise<void> => {
    [peak, completed] = [0, 0];
    const client = await world.client([Call]);
    await client.addMany(Call, calls(count));
    await until(`${count} jobs`, () => completed === count);
  };

  beforeAll(async () => {
    db = await testDatabase();
    world = new JobsWorld(sharedBroker().url);
    ledger = await startLedger();
  });
  afterAll(async () => {
    await world.stop();
    await ledger.stop();
    await db.drop();
  });

  let second: Worker;

  test('is never exceeded by two workers while sixty jobs pass, and all are run', async () => {
    await ledger.cap('crm', 3, boss);
    await startWorker('w1');
    second = (await startWorker('w2')).worker;
    await sharesAre({ w1: 2, w2: 1 });
    await runAll(60);
    expect(peak).toBe(3);
  });

  test('is shared with a worker that joins while the others are busy', async () => {
    takesMs = 50;
    const all = runAll(60);
    await until('all slots taken', () => total() === 3);
    await startWorker('w3');
    await sharesAre({ w1: 1, w2: 1, w3: 1 });
    await until('the new one to run', () => running.get('w3') === 1);
    await all;
    expect(peak).toBe(3);
  });

  test('is shared by the others when a worker stops', async () => {
    await second.stop({ deadlineMs: 1_000 });
    await sharesAre({ w1: 2, w3: 1 });
    await runAll(30);
    expect(peak).toBe(3);
  });

  test('holds while no ledger is there, for workers that have shares and for one that is new', async () => {
    await ledger.stop();
    await startWorker('w4');
    await runAll(30);
    expect([peak, running.get('w4')]).toEqual([3, undefined]);
    ledger = await startLedger();
    await sharesAre({ w1: 1, w3: 1, w4: 1 });
  });

  test('can be lowered and lifted while jobs run; what runs is not interrupted', async () => {
    takesMs = 200;
    const all = runAll(80);
    await until('all slots taken', () => total() === 3);
    await ledger.cap('crm', 1, boss);
    await until('one at a time', () => total() <= 1);
    await sharesAre({ w1: 1 });
    await ledger.uncap('crm', boss);
    await until('all that there are', () => total() > 20);
    await all;
    expect(await ledger.queue('crm')).not.toHaveProperty('globalConcurrency');
    const attempts = await db.database.query('select 1 from history where attempt > 1 or delivery > 2');
    expect(attempts).toEqual([]);
  });
});

describe('the API', () => {
  let world: ApiWorld;
  beforeAll(async () => {
    world = await apiWorld();
  });
  afterAll(() => world.close());

  const path = '/queues/email/concurrency';
  const put = (body: unknown, as = world.keys.operator) => world.call({ method: 'PUT', path, body, as });

  test('caps a queue, shows it, lifts it, and notes who did', async () => {
    const first = await put({ most: 10 });
    expect([first.statusCode, first.json()]).toEqual([200, { version: expect.any(Number) }]);
    // The same again changes nothing.
    expect((await put({ most: 10 })).json()).toEqual(first.json());
    const queue = await world.call({ path: '/queues/email' });
    expect(queue.json()).toMatchObject({ name: 'email', globalConcurrency: { most: 10, shares: {} } });
    expect((await world.call({ method: 'DELETE', path, as: world.keys.operator })).statusCode).toBe(200);
    expect((await world.call({ method: 'DELETE', path })).statusCode).toBe(200);
    const audit = (await world.call({ path: '/audit?limit=10' })).json<{ items: { action: string }[] }>();
    expect(audit.items.filter(({ action }) => action === 'cap' || action === 'uncap')).toMatchObject([
      { action: 'uncap', target: 'queue:email', role: 'operator' },
      { action: 'cap', target: 'queue:email', role: 'operator', detail: { most: 10 } },
    ]);
  });

  test.each([[0], [-1], [1.5], ['3'], [100_001], [null]])('refuses %j as a cap, naming the field', async (most) => {
    expectProblem(await put({ most }), 422, { code: 'request_invalid', field: 'most' });
  });
});
