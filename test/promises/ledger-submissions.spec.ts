import { type JobNotAccepted, type UniqueOptions, defineJob, planLedger } from '@scutwork/jobs';
import { catalogOf, newJobId } from '@scutwork/jobs/wire';
import { z } from 'zod';
import type { JobsClient } from '../../libs/jobs/src';
import { Intakes, Recorder, Submitter } from '../../libs/ledger/src';
import { type TestDatabase, testDatabase } from '../support/database';
import { JobsWorld } from '../support/jobs-world';
import { LedgerWitness } from '../support/ledger-intake';
import { sharedBroker } from '../support/private-broker';

const Report = defineJob({ type: 'report.daily', payload: z.object({ day: z.string() }) });

const Sync = defineJob({
  type: 'report.sync',
  payload: z.object({ user: z.string() }),
  unique: { key: ({ user }) => user },
});

const thrownBy = (work: Promise<unknown>): Promise<JobNotAccepted> =>
  work.then(
    () => Promise.reject(new Error('it was accepted')),
    (error: unknown) => error as JobNotAccepted,
  );

describe('unique jobs of a client', () => {
  let db: TestDatabase;
  let world: JobsWorld;
  let ledger: Intakes | undefined;
  let client: JobsClient;

  beforeEach(async () => {
    db = await testDatabase();
    world = new JobsWorld(sharedBroker().url);
    client = await world.client([Report, Sync], { publisher: { deadlineMs: 3_000 } });
    ledger = undefined;
  });
  afterEach(async () => {
    await ledger?.stop();
    await world.stop();
    await db.drop();
  });

  const startLedger = async (): Promise<void> => {
    const [broker, { names }, { database }] = [await world.broker(), world, db];
    await broker.apply(planLedger({ names }));
    const submitter = new Submitter({ database, catalog: catalogOf([Report, Sync]), effects: [] });
    const events = new LedgerWitness();
    const recorder = new Recorder(database, []);
    const publisher = broker.publisher();
    ledger = new Intakes({
      broker,
      names,
      database,
      recorder,
      publisher,
      ledger: submitter,
      events,
      queues: ['report'],
      scheduling: { ticks: { take: async () => undefined }, schedules: { registerSchedules: async () => undefined } },
    });
    await ledger.start();
    expect(ledger.taking).toBe(true);
  };
  const rows = () => db.database.query('select id, payload, priority, state from jobs');

  test.each<UniqueOptions>([
    { key: 'today' },
    { key: 'today', mode: 'throttle', window: '1h' },
    { key: 'today', mode: 'debounce' },
  ])('of a hundred at once one is made, and all are answered with its id: %j', async (unique) => {
    await startLedger();
    const added = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        client.add(Report, { day: `${i}` }, { unique, priority: 'high', delay: '5s' }),
      ),
    );
    expect(added.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(new Set(added.map(({ id }) => id)).size).toBe(1);
    expect(await rows()).toEqual([expect.objectContaining({ id: added[0]?.id, priority: 1, state: 'delayed' })]);
  });

  test('a type makes its jobs unique where they do not say it themselves', async () => {
    await startLedger();
    const added = await Promise.all(Array.from({ length: 20 }, () => client.add(Sync, { user: 'ada' })));
    expect(added.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(await client.add(Sync, { user: 'eve' })).not.toMatchObject({ duplicate: true });
    const submitter = new Submitter({ database: db.database, catalog: catalogOf([Sync]), effects: [] });
    const [again, other] = await submitter.submit([
      { type: 'report.sync', payload: { user: 'ada' } },
      { type: 'report.sync', payload: { user: 'ada' }, options: { unique: false } },
    ]);
    expect([again, other]).toMatchObject([{ id: added[0]?.id, duplicate: true }, { state: 'accepted' }]);
    expect(await rows()).toHaveLength(3);
  });

  test('how long a job is kept is told to the ledger too, and refused by name before anything is sent', async () => {
    await startLedger();
    const { id } = await client.add(Report, { day: 'x' }, { retention: { completed: { last: 3 }, failed: '90d' } });
    const failed = { ageMs: 90 * 86_400_000 };
    expect(await db.database.query('select job_id, rules from keeps')).toEqual([
      { job_id: id, rules: { completed: { last: 3 }, failed } },
    ]);
    const wrong = { retention: { completed: { last: -1 } } };
    expect(await thrownBy(client.add(Report, { day: 'x' }, wrong))).toMatchObject({ code: 'retention_invalid' });
  });

  test('repeating after an unknown outcome with the id that it said makes no second one', async () => {
    await startLedger();
    await ledger?.stop();
    const lost = await thrownBy(client.add(Report, { day: 'x' }, { unique: { key: 'x' } }));
    expect(lost).toMatchObject({ outcome: 'unknown', code: 'publish_unknown', jobId: expect.any(String) });
    await startLedger();
    const again = await client.add(Report, { day: 'x' }, { unique: { key: 'x' }, id: lost.jobId });
    expect(again.id).toBe(lost.jobId);
    expect(await rows()).toHaveLength(1);
  });

  test('what the ledger refuses is refused with its field and remedy', async () => {
    await startLedger();
    const unique = { key: '', mode: 'pending' } as const;
    expect(await thrownBy(client.add(Report, { day: 'x' }, { unique }))).toMatchObject({
      ...{ name: 'JobError', code: 'submission_refused', field: 'options.unique.key', hint: expect.any(String) },
    });
    expect(await rows()).toEqual([]);
  });

  test('without a ledger it is refused at once, and says what to do', async () => {
    const id = newJobId();
    expect(await thrownBy(client.add(Report, { day: 'x' }, { unique: { key: 'x' }, id }))).toMatchObject({
      ...{
        name: 'JobNotAccepted',
        code: 'no_ledger',
        outcome: 'refused',
        jobId: id,
        hint: expect.stringMatching('ledger'),
      },
    });
  });
});
