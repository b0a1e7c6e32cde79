import { JOB_SERVICE, type JobService } from '../../apps/producer/src/job-service/job-service';
import { LEDGER } from '../../apps/producer/src/ledger/tokens';
import { Welcome } from '../../apps/workers/src/jobs';
import { type JobNotAccepted, type JobsClient, newJobId, planLedger } from '../../libs/jobs/src';
import { recordMessage } from '../../libs/jobs/src/wire';
import { Ledger } from '../../libs/ledger/src';
import { lockRows } from '../../libs/ledger/src/record/lock-rows';
import { type ApiWorld, apiWorld, expectProblem } from '../support/api';
import { testDatabase } from '../support/database';
import { JobsWorld } from '../support/jobs-world';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';

const MOST = 20;
const ada = { to: 'ada@example.org', name: 'Ada' };
const boss = { name: 'boss', role: 'admin' } as const;

describe(`a queue of which at most ${MOST} jobs may wait`, () => {
  let api: ApiWorld;
  let ledger: Ledger;
  let jobs: JobsWorld;
  let client: JobsClient;
  beforeAll(async () => {
    api = await apiWorld({ env: { JOB_MAX_BACKLOG: `1000,email=${MOST}` } });
    ledger = api.app.get<Ledger>(LEDGER);
    jobs = new JobsWorld(sharedBroker().url, api.home.config().prefix);
    client = await jobs.client([Welcome], { publisher: { deadlineMs: 5_000 } });
  });
  afterAll(async () => {
    await jobs.stop();
    await api.close();
  });

  const post = (options: object = {}) =>
    api.call({ method: 'POST', path: '/jobs', body: { type: 'email.welcome', payload: ada, options } });
  const waiting = async (): Promise<number> => {
    const { accepted, waiting: at, delayed, retrying } = await ledger.queue('email');
    return accepted + at + delayed + retrying;
  };
  const addedByClient = (options = {}): Promise<JobNotAccepted | undefined> =>
    client.add(Welcome, ada, options).then(
      () => undefined,
      (error: unknown) => error as JobNotAccepted,
    );

  test('the API takes that many of a crowd that comes at once, and no more', async () => {
    const far = await post({ id: 'far', delay: '30d' });
    expect(far.statusCode).toBe(202);
    const answers = await Promise.all(Array.from({ length: 3 * MOST }, () => post()));
    expect(answers.filter(({ statusCode }) => statusCode === 202)).toHaveLength(MOST - 1);
    expect(await waiting()).toBe(MOST);
    for (const answer of answers.filter(({ statusCode }) => statusCode !== 202)) {
      expectProblem(answer, 503, { code: 'backlog_full', field: 'type', hint: expect.stringContaining('again') });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
  });

  test('a duplicate is answered all the same, and nothing is left of what was refused', async () => {
    expect((await post({ id: 'far' })).json()).toMatchObject({ key: 'far', duplicate: true });
    expectProblem(await post({ id: 'refused' }), 503, { code: 'backlog_full' });
    expectProblem(await api.call({ path: '/jobs/refused' }), 404);
    const service = api.app.get<JobService>(JOB_SERVICE);
    await expect(service.schedule(Welcome, ada)).rejects.toMatchObject({ code: 'backlog_full' });
  });

  test('clients are told by the beat, and the ledger refuses what it is asked to decide', async () => {
    let added = 0;
    const refused = await until('a refusal', async () => {
      const refusal = await addedByClient();
      if (!refusal) added += 1;
      return refusal;
    });
    await until('what was added before it to be recorded', async () => (await waiting()) === MOST + added);
    expect(refused).toMatchObject({ code: 'backlog_full', outcome: 'refused', jobId: expect.any(String) });
    expect(await addedByClient({ unique: { key: 'k' } })).toMatchObject({ code: 'backlog_full', outcome: 'refused' });
    const { failures } = await client.addMany(Welcome, [{ payload: ada }, { payload: ada }]);
    expect(failures.map(({ error }) => error.code)).toEqual(['backlog_full', 'backlog_full']);
  });

  test('a schedule, a retry and a redrive are never refused', async () => {
    const before = await waiting();
    await ledger.createSchedule({ name: 'daily', cron: '@daily', type: 'email.welcome', payload: ada }, boss);
    await ledger.triggerSchedule('daily', boss);
    expect(await waiting()).toBe(before + 1);
    await ledger.cancel('far', boss);
    await until('the end of it', async () => (await ledger.job('far')).state === 'cancelled');
    await ledger.retry('far', boss);
    expect(await waiting()).toBe(before + 1);
  });

  test('of a batch all are taken or none, and all is taken again when jobs have been run', async () => {
    await jobs.worker((handlers) => handlers.register(Welcome, () => ({ messageId: '1', accepted: [] })));
    await until('room', async () => (await waiting()) === 0);
    const batch = (count: number) =>
      api.call({
        ...{ method: 'POST', path: '/jobs/batch' },
        body: {
          jobs: Array.from({ length: count }, () => ({
            type: 'email.welcome',
            payload: ada,
            options: { delay: '1h' },
          })),
        },
      });
    expectProblem(await batch(MOST + 1), 503, { code: 'backlog_full' });
    expect(await waiting()).toBe(0);
    await until('that clients add again', async () => (await addedByClient()) === undefined);
    await until('room', async () => (await waiting()) === 0);
    expect((await batch(MOST)).statusCode).toBe(202);
    expect(await waiting()).toBe(MOST);
  });
});

describe('a ledger that is more records behind than it may be', () => {
  /** More than it takes in hand at once. */
  const BEHIND = 2_100;

  test('has clients refused for every queue, until it has caught up', async () => {
    const db = await testDatabase();
    const jobs = new JobsWorld(sharedBroker().url);
    const { names } = jobs;
    const broker = await jobs.broker();
    const client = await jobs.client([Welcome]);
    const ledger = new Ledger({ broker, databaseUrl: db.url, names, jobs: [Welcome], backlog: { inbox: 10 } });
    const told = { event: 'started', id: newJobId(), type: 'email.welcome', generation: 0 };
    const fact = { ...told, attempt: 1, delivery: 0, worker: 'w', at: Date.now() };
    const add = () => client.add(Welcome, ada).catch((error: unknown) => error as JobNotAccepted);
    const taken = async () => (await broker.depth(names.ledger))?.messages === 0;
    let catchUp: (() => void) | undefined;
    const behind = new Promise<void>((resolve) => (catchUp = resolve));
    try {
      await broker.apply(planLedger({ names }));
      const publisher = broker.publisher();
      const message = recordMessage(names, [JSON.stringify(fact)]);
      const publish = () => new Promise((resolve) => publisher.publish(message, resolve));
      await Promise.all(Array.from({ length: BEHIND }, publish));
      const holdUp = db.database.transaction(async (tx) => {
        await lockRows(tx);
        await behind;
      });
      await ledger.start();
      const refused = await until('a refusal', async () => {
        const answer = await add();
        return 'code' in answer && answer;
      });
      expect(refused).toMatchObject({ code: 'backlog_full', outcome: 'refused' });

      catchUp?.();
      await holdUp;
      await until('that nothing is left', taken);
      await until('that jobs are taken again', async () => !('code' in (await add())));
    } finally {
      catchUp?.();
      await ledger.stop();
      await jobs.stop();
      await db.drop();
    }
  });
});
