import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { planLedger } from '@scutwork/jobs';
import { type JobEvent, newJobId } from '@scutwork/jobs/wire';
import fc from 'fast-check';
import { Database, Recorder } from '../../libs/ledger/src';
import { fromColumns } from '../../libs/ledger/src/record/columns';
import { countChanges } from '../../libs/ledger/src/record/effects/counts';
import { statement } from '../../libs/ledger/src/store/database';
import { type TestDatabase, testDatabase } from '../support/database';
import { JobsWorld } from '../support/jobs-world';
import { LedgerIntakes, tell } from '../support/ledger-intake';
import { arrivals, knownOf, live, scripts } from '../support/lives';
import { sharedBroker } from '../support/private-broker';
import { gateTo } from '../support/tcp-gate';
import { until } from '../support/until';
import { exited } from '../support/worker-process';

const JOBS = 1_500;

/** What workers tell of these jobs, some of it twice, the end sometimes first. */
function factsOf(ids: readonly string[]): JobEvent[] {
  return ids.flatMap((id, i) => {
    const of = { id, type: 'load.job', generation: 0, at: Date.now() };
    const run = { ...of, attempt: 1, delivery: 0, worker: 'w' };
    const facts = [
      { event: 'submitted', ...of, priority: 'normal', delayMs: 0, payload: '{}' },
      { event: 'started', ...run, at: of.at + 1 },
      { event: 'completed', ...run, at: of.at + 2, startedAt: of.at + 1 },
    ] as JobEvent[];
    return i % 3 === 0 ? facts.toReversed() : i % 3 === 1 ? [...facts, ...facts] : facts;
  });
}

describe('a ledger that is interrupted', () => {
  let db: TestDatabase;
  let world: JobsWorld;

  beforeEach(async () => {
    db = await testDatabase();
    world = new JobsWorld(sharedBroker().url);
  });
  afterEach(async () => {
    await world.stop();
    await db.drop();
  });

  const numberOf = async (sql: string): Promise<number> => Number((await db.database.query<{ n: string }>(sql))[0]?.n);
  const completed = () => numberOf('select count(*) as n from history');
  /** Every job once, and the counts say so. */
  const expectAll = async (): Promise<void> => {
    await until('all jobs', async () => (await completed()) === JOBS, 60_000);
    expect(await numberOf('select count(distinct id) as n from history')).toBe(JOBS);
    expect(await numberOf('select count(*) as n from jobs')).toBe(0);
    const counts = await db.database.query(
      'select state, sum(n)::int as n, sum(runs)::int as runs from counts group by state having sum(n) <> 0',
    );
    expect(counts).toEqual([{ state: 'completed', n: JOBS, runs: JOBS }]);
  };
  const load = async (): Promise<void> => {
    const broker = await world.broker();
    await broker.apply(planLedger({ names: world.names }));
    const publisher = broker.publisher();
    const facts = factsOf(Array.from({ length: JOBS }, () => newJobId()));
    for (let at = 0; at < facts.length; at += 20) await tell(publisher, world.names, facts.slice(at, at + 20));
  };

  test('the database away in the middle of a batch, again and again: nothing is lost and nothing invented', async () => {
    const { gate, url } = await gateTo(db.url);
    const database = new Database({ url });
    const ledger = new LedgerIntakes(await world.broker(), world.names, database);
    await ledger.start();
    const loading = load();
    for (const share of [0.05, 0.2, 0.4]) {
      await until('some jobs', async () => (await completed()) > JOBS * share, 60_000);
      gate.shut();
      await until('the ledger to notice', () => ledger.witness.failures.length > 0);
      ledger.witness.failures.length = 0;
      gate.open();
    }
    await loading;
    await expectAll();
    expect(ledger.witness.parkedFor).toEqual([]);
    await ledger.stop();
    await database.close();
    await gate.close();
  });

  test('its process killed in the middle of a batch, again and again: nothing is lost and nothing invented', async () => {
    const options = JSON.stringify({ url: sharedBroker().url, prefix: world.names.prefix, database: db.url });
    const startProcess = (): ChildProcess =>
      spawn(process.execPath, [join(__dirname, '../support/killable-intake.cjs'), options], {
        stdio: ['ignore', 'inherit', 'inherit'],
      });
    await load();
    for (const share of [0.1, 0.4]) {
      const child = startProcess();
      await until('some jobs', async () => (await completed()) > JOBS * share, 60_000);
      child.kill('SIGKILL');
      await exited(child);
    }
    const last = startProcess();
    await expectAll();
    last.kill('SIGKILL');
    await exited(last);
  });

  test('lives told to two recorders at once, in any order and any batches, are recorded right', async () => {
    const other = new Database({ url: db.url });
    const recorders = [new Recorder(db.database, [countChanges]), new Recorder(other, [countChanges])] as const;
    const told = fc
      .array(scripts, { minLength: 3, maxLength: 6 })
      .map((all) => all.map((script) => live(script, newJobId(), Date.now())).filter(({ facts }) => facts.length > 0))
      .chain((lives) => fc.tuple(fc.constant(lives), fc.tuple(...lives.map(arrivals))));
    const find = (table: 'jobs' | 'history', ids: string[]) =>
      table === 'jobs'
        ? db.database.query(statement('find-jobs').replace('for update', ''), [ids])
        : db.database.query(statement('find-history'), [ids, 0]);
    await fc.assert(
      fc.asyncProperty(told, async ([lives, batches]) => {
        await Promise.all(batches.flat().map((batch, i) => recorders[i % 2 === 0 ? 0 : 1].record(batch)));
        const ids = lives.map(({ id }) => id);
        const rows = [...(await find('jobs', ids)), ...(await find('history', ids))].map(fromColumns);
        expect(rows).toHaveLength(lives.length);
        for (const { id, truth } of lives) {
          const row = rows.find((found) => found.id === id);
          if (!row) throw new Error(`no row of ${id}`);
          const lines = await numberOf(`select count(*) as n from logs where job_id = '${id}'`);
          expect(knownOf(row, lines)).toEqual(JSON.parse(JSON.stringify(truth)));
        }
      }),
      { numRuns: 25, endOnFailure: true },
    );
    expect(await numberOf('select sum(n) as n from counts')).toBe(
      await numberOf('select (select count(*) from jobs) + (select count(*) from history) as n'),
    );
    await other.close();
  });
});
