import type { JobFilter, JobQuery } from '../../libs/ledger/src/api';
import { Database, ReadSide, Recorder } from '../../libs/ledger/src';
import { countChanges } from '../../libs/ledger/src/record/effects/counts';
import { type TestDatabase, testDatabase } from '../support/database';
import { walkedTables, watchPlans } from '../support/plans';
import { type ToldJob, tell } from '../support/told-jobs';

const JOBS = 6_000;
const TYPES = ['email.welcome', 'email.bulk', 'report.sales', 'webhook.send'];
const ENDS = ['completed', 'completed', 'completed', 'completed', 'dead', 'cancelled', 'retrying', undefined] as const;

describe('whatever is looked for, no table of jobs is walked from end to end', () => {
  let db: TestDatabase;
  let watched: Database;
  let plans: string[];
  let reading: ReadSide;
  const start = Date.now() - JOBS * 60_000;

  beforeAll(async () => {
    db = await testDatabase();
    const recorder = new Recorder(db.database, [countChanges]);
    for (let first = 0; first < JOBS; first += 500) {
      const batch = Array.from({ length: 500 }, (_, n) => tell(jobOf(first + n)));
      await recorder.record(batch.flatMap(({ facts }) => facts));
    }
    await db.database.query('analyze jobs, history, logs');
    watched = new Database({ url: db.url, connections: 1 });
    ({ plans } = watchPlans(watched));
    reading = new ReadSide({ database: watched, statementTimeoutMs: 30_000 });
    await reading.workers();
  });
  afterAll(async () => {
    await watched.close();
    await db.drop();
  });
  beforeEach(() => plans.splice(0));

  function jobOf(n: number): ToldJob {
    return {
      type: TYPES[n % TYPES.length],
      at: start + n * 60_000,
      end: ENDS[n % ENDS.length],
      worker: `w${n % 5}`,
      priority: n % 10 === 0 ? 'high' : 'normal',
      tags: n % 100 === 0 ? ['rare', 'common'] : ['common'],
      tenant: `t${n % 50}`,
      correlationId: `c${n}`,
      schedule: n % 7 === 0 ? 'nightly' : undefined,
      payload: { user: { id: n }, even: n % 2 === 0 },
      failure: { name: 'Error', message: n % 3 === 0 ? `connection to host${n} refused` : 'out of paper' },
    };
  }

  /** Small tables beside those of jobs may be walked. */
  function walked(): string[] {
    expect(plans.length).toBeGreaterThan(0);
    return plans.flatMap(walkedTables).filter((table) => /^(jobs|history|logs)/.test(table));
  }

  const filters: JobFilter[] = [
    {},
    { queue: 'email' },
    { type: 'report.sales' },
    ...(['accepted', 'blocked', 'delayed', 'waiting', 'active', 'retrying', 'stalled', 'cancelling'] as const).map(
      (state) => ({ state }),
    ),
    ...(['completed', 'dead', 'cancelled', 'expired'] as const).map((state) => ({ state })),
    { priority: 'high' },
    { tag: 'rare' },
    { tag: 'common' },
    { tenant: 't7' },
    { schedule: 'nightly' },
    { worker: 'w3' },
    { correlationId: 'c77' },
    { fingerprint: 'none' },
    { error: 'host12' },
    { error: 'of paper' },
    { from: new Date(start + 3_600_000).toISOString(), to: new Date(start + 2 * 3_600_000).toISOString() },
    { payload: { 'user.id': 123 } },
    { payload: { even: true } },
    { tag: 'nowhere' },
    { queue: 'email', state: 'dead', error: 'refused', tag: 'common' },
    { type: 'webhook.send', tenant: 't3', payload: { 'user.id': 3 }, from: new Date(start).toISOString() },
  ];

  test.each(filters.map((filter): [string, JobFilter] => [JSON.stringify(filter), filter]))(
    'jobs by %s',
    async (_, filter) => {
      for (const sort of ['-created', 'created', '-finished'] as const) {
        const query: JobQuery = { filter, sort, limit: 20 };
        const { cursor } = await reading.jobs(query);
        if (cursor !== undefined) await reading.jobs({ ...query, cursor });
      }
      expect(walked()).toEqual([]);
    },
  );

  test.each(
    filters.filter(({ payload }) => !payload).map((filter): [string, JobFilter] => [JSON.stringify(filter), filter]),
  )('the number of jobs by %s', async (_, filter) => {
    await reading.count(filter);
    expect(walked()).toEqual([]);
  });

  test('one job, its logs, queues, groups of the dead, history', async () => {
    const [job] = (await reading.jobs({ filter: { correlationId: 'c77' } })).items;
    await reading.job(job?.id ?? '');
    await reading.logs(job?.id ?? '', {});
    await reading.queues();
    await reading.queue('email');
    await reading.deadGroups({ queue: 'email' });
    for await (const batch of reading.history({ state: 'dead' })) expect(batch.length).toBeGreaterThan(0);
    expect(walked()).toEqual([]);
  });

  test('a walk would be seen', async () => {
    await watched.query("select count(*) from history where tenant = 't7'");
    expect(walked().length).toBeGreaterThan(0);
  });
});
