import { z } from 'zod';
import { type Worker, defineJob } from '../../libs/jobs/src';
import { Ledger, Recorder } from '../../libs/ledger/src';
import { readCap, setCap } from '../../libs/ledger/src/control/caps';
import { headOf } from '../../libs/ledger/src/control/control-store';
import { Shares } from '../../libs/ledger/src/duties/shares';
import { notePulses } from '../../libs/ledger/src/record/effects/pulse';
import { noteWorkers } from '../../libs/ledger/src/record/effects/workers';
import { type ApiWorld, apiWorld, expectProblem } from '../support/api';
import { type TestDatabase, testDatabase } from '../support/database';
import { JobsWorld, type Witness } from '../support/jobs-world';
import { boss } from '../support/ledger-world';
import { sharedBroker } from '../support/private-broker';
import { type JobTold, jobTold, seen } from '../support/told';
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
  /** Keeps jobs waiting until it is enough, and then until all have run. */
  const runUntil = async (what: string, enough: () => boolean): Promise<void> => {
    [peak, completed] = [0, 0];
    const client = await world.client([Call]);
    let added = 0;
    await until(what, async () => {
      if (added - completed < 60) {
        await client.addMany(Call, calls(60));
        added += 60;
      }
      return enough();
    });
    await until(`${added} jobs`, () => completed === added);
  };
  const runSixty = (): Promise<void> => runUntil('sixty jobs', () => completed >= 60);

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
    await runSixty();
    expect(peak).toBe(3);
  });

  test('is shared with a worker that joins while the others are busy', async () => {
    takesMs = 50;
    const all = runUntil('the new one to run', () => running.get('w3') === 1);
    await until('all slots taken', () => total() === 3);
    await startWorker('w3');
    await sharesAre({ w1: 1, w2: 1, w3: 1 });
    await all;
    expect(peak).toBe(3);
  });

  test('is shared by the others when a worker stops', async () => {
    await second.stop({ deadlineMs: 1_000 });
    await sharesAre({ w1: 2, w3: 1 });
    await runSixty();
    expect(peak).toBe(3);
  });

  test('holds while no ledger is there, for workers that have shares and for one that is new', async () => {
    await ledger.stop();
    await startWorker('w4');
    await runSixty();
    expect([peak, running.get('w4')]).toEqual([3, undefined]);
    ledger = await startLedger();
    await sharesAre({ w1: 1, w3: 1, w4: 1 });
  });

  test('can be lowered and lifted while jobs run; what runs is not interrupted', async () => {
    takesMs = 200;
    const all = runUntil('all that there are', () => total() > 20);
    await until('all slots taken', () => total() === 3);
    await ledger.cap('crm', 1, boss);
    await until('one at a time', () => total() <= 1);
    await sharesAre({ w1: 1 });
    await ledger.uncap('crm', boss);
    await all;
    expect(await ledger.queue('crm')).not.toHaveProperty('globalConcurrency');
    const attempts = await db.database.query('select 1 from history where attempt > 1 or delivery > 2');
    expect(attempts).toEqual([]);
  });
});

describe('the share of a worker that fell silent', () => {
  let db: TestDatabase;
  let recorder: Recorder;
  let job: JobTold;
  let pulse = 0;
  const longestMs = 60_000;

  beforeEach(async () => {
    db = await testDatabase();
    recorder = new Recorder(db.database, [notePulses(), noteWorkers]);
    job = jobTold();
    pulse = 0;
    // Two workers with two of four each; the first runs a job.
    await recorder.record([job.submitted(), job.started(), seen('w1', { running: [job.id] }), seen('w2')]);
    await db.database.transaction((tx) => setCap(tx, { queue: 'email', most: 4 }, boss, () => longestMs));
    await tell(['w1', job.id], ['w2']);
  });
  afterEach(() => db.drop());

  /** Heartbeats of workers that have read all there is, each with what it runs. */
  const tell = async (...workers: [string, ...string[]][]) => {
    const controlVersion = await db.database.transaction(headOf);
    await recorder.record(workers.map(([name, ...running]) => seen(name, { controlVersion, running })));
  };
  const shares = async () => {
    const duty = new Shares({ database: db.database, longest: () => longestMs, onChange: () => undefined });
    await duty.run(new AbortController().signal);
    const cap = await db.database.transaction((tx) => readCap(tx, 'email'));
    return [cap?.shares, cap?.kept];
  };
  /** Eight pulses without a word of the first one. */
  const fallSilent = async () => {
    for (let n = 0; n < 8; n++)
      await recorder.record([{ event: 'ledger.pulse', producer: 'p', number: ++pulse, at: pulse }]);
    await tell(['w2']);
  };

  test('is kept for what it may still run, and given away when its job has ended or runs elsewhere', async () => {
    expect(await shares()).toEqual([{ w1: 2, w2: 2 }, {}]);
    await fallSilent();
    expect(await shares()).toEqual([{ w2: 2 }, { w1: 2 }]);
    await tell(['w2']);
    expect(await shares()).toEqual([{ w2: 2 }, { w1: 2 }]);
    await recorder.record([job.started(1, 0, Date.now(), { worker: 'w2', delivery: 1 })]);
    expect(await shares()).toEqual([{ w2: 4 }, {}]);
  });

  test('is given away when the longest attempt is over', async () => {
    await fallSilent();
    expect(await shares()).toEqual([{ w2: 2 }, { w1: 2 }]);
    const ago = async (ms: number) =>
      db.database.query(`update workers set seen_at = now() - make_interval(secs => $1) where name = 'w1'`, [
        ms / 1_000,
      ]);
    await ago(longestMs);
    expect(await shares()).toEqual([{ w2: 2 }, { w1: 2 }]);
    // Its lease besides: so long it may have started something.
    await ago(longestMs + 21_000);
    expect(await shares()).toEqual([{ w2: 4 }, {}]);
  });

  test('is its own again when it comes back', async () => {
    await fallSilent();
    expect(await shares()).toEqual([{ w2: 2 }, { w1: 2 }]);
    await tell(['w1', job.id]);
    expect(await shares()).toEqual([{ w1: 2, w2: 2 }, {}]);
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
