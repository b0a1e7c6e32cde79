import { newJobId } from '../../libs/jobs/src';
import { idTimeMs, identify } from '../../libs/jobs/src/wire';
import { Cancels } from '../../libs/ledger/src/duties/cancels';
import { MADE_BY, madeBy } from '../../libs/ledger/src/control/made-by';
import { type TestDatabase, testDatabase } from '../support/database';
import { JobsWorld } from '../support/jobs-world';
import { LedgerWorld, boss } from '../support/ledger-world';
import { sharedBroker } from '../support/private-broker';
import { jobTold, seen } from '../support/told';
import { until } from '../support/until';

describe('a cancel', () => {
  let db: TestDatabase;
  let world: JobsWorld;
  let ledger: LedgerWorld;

  beforeEach(async () => {
    db = await testDatabase();
    world = new JobsWorld(sharedBroker().url);
    ledger = new LedgerWorld(await world.broker(), world.names, db);
  });
  afterEach(async () => {
    await ledger.stop();
    await world.stop();
    await db.drop();
  });

  const revocations = async (): Promise<string[]> =>
    (await db.database.query<{ key: string }>(`select key from control where key like 'revoke%' order by key`)).map(
      ({ key }) => key,
    );
  const soon = (id: string, state: string) => until(state, async () => (await ledger.stateOf(id)) === state);
  /** So many pulses are read back. */
  const pulses = async (count: number): Promise<void> => {
    const value = async (): Promise<number> =>
      Number((await db.database.query<{ value: string }>(`select value from heads where name = 'pulse'`))[0]?.value);
    const before = await value();
    for (let n = 1; n <= count; n++)
      await ledger.recorder.record([{ event: 'ledger.pulse', producer: 'p', number: before + n, at: Date.now() + 1 }]);
  };
  /** The duty has seen what is published, a pulse has passed that, and it has decided. */
  const judged = async (): Promise<void> => {
    const cancels = ledger.duties().find(({ name }) => name === 'cancels');
    const { signal } = new AbortController();
    await cancels?.run(signal);
    await ledger.recorder.record([{ event: 'ledger.pulse', producer: 'p', number: 0, at: Date.now() + 50 }]);
    await cancels?.run(signal);
  };

  test('of a job that the ledger holds is done at once, and nothing of it is published', async () => {
    const job = jobTold();
    await ledger.recorder.record([job.submitted({ delayMs: 3_600_000 })]);
    await db.database.query(`update jobs set in_ledger = true`);
    await db.database.query(`insert into keys (key, job_id) values ('k', $1)`, [job.id]);
    expect(await ledger.steering.cancel(job.id, boss)).toMatchObject({ state: 'cancelled' });
    expect(await revocations()).toEqual([]);
    expect(await db.database.query('select * from keys')).toEqual([]);
    await expect(ledger.steering.cancel(job.id, boss)).rejects.toMatchObject({ code: 'job_finished' });
  });

  test('of a waiting job is certain only when its revocation is on the stream', async () => {
    await ledger.start(['pulse', 'cancels']);
    const job = jobTold();
    await ledger.recorder.record([job.submitted()]);
    expect(await ledger.steering.cancel(job.id, boss)).toMatchObject({ state: 'cancelling' });
    await pulses(3);
    await judged();
    expect(await ledger.stateOf(job.id)).toBe('cancelling');
    const control = ledger.duties().find(({ name }) => name === 'control');
    if (control) ledger.run(control);
    await soon(job.id, 'cancelled');
    expect(await revocations()).toEqual([`revoke:${job.id}`]);
  });

  test('waits for every worker of the queue that may start the job', async () => {
    await ledger.start(['control', 'pulse', 'cancels']);
    const job = jobTold();
    await ledger.recorder.record([
      ...[job.submitted(), seen('slow', { controlVersion: 0 }), seen('other', { queues: ['report'] })],
    ]);
    await ledger.steering.cancel(job.id, boss);
    await pulses(2);
    await judged();
    expect(await ledger.stateOf(job.id)).toBe('cancelling');
    await ledger.recorder.record([seen('slow', { controlVersion: 1, running: [job.id] })]);
    await pulses(2);
    await judged();
    expect(await ledger.stateOf(job.id)).toBe('cancelling');
    await ledger.recorder.record([seen('slow', { controlVersion: 1 })]);
    await soon(job.id, 'cancelled');
  });

  test('counts a worker out after eight pulses without a word, and not before', async () => {
    await ledger.start(['control', 'cancels']);
    const job = jobTold();
    await ledger.recorder.record([job.submitted(), seen('cut-off', { controlVersion: 0 })]);
    await ledger.steering.cancel(job.id, boss);
    await pulses(7);
    await judged();
    expect(await ledger.stateOf(job.id)).toBe('cancelling');
    await pulses(1);
    await soon(job.id, 'cancelled');
    await ledger.recorder.record([seen('cut-off', { controlVersion: 1 })]);
    expect(await ledger.reading.workers()).toEqual([expect.objectContaining({ name: 'cut-off', gone: false })]);
  });

  test('a ledger that has lagged behind counts nobody out who was heard of after the pulses', async () => {
    const pulse = (number: number) => ({ event: 'ledger.pulse' as const, producer: 'p', number, at: Date.now() });
    await ledger.recorder.record([seen('w1')]);
    await ledger.recorder.record([...Array.from({ length: 20 }, (_, n) => pulse(n + 1)), seen('w1')]);
    expect(await ledger.reading.workers()).toEqual([expect.objectContaining({ name: 'w1', gone: false })]);
    await ledger.recorder.record(Array.from({ length: 20 }, (_, n) => pulse(n + 1)));
    expect(await ledger.reading.workers()).toEqual([expect.objectContaining({ name: 'w1', gone: false })]);
  });

  test('ends when a worker reports that it has dropped the message', async () => {
    const job = jobTold();
    await ledger.recorder.record([job.submitted(), seen('w1')]);
    await ledger.steering.cancel(job.id, boss);
    await ledger.recorder.record([job.dropped()]);
    expect(await ledger.stateOf(job.id)).toBe('cancelled');
  });

  test('stays in force for copies of a message that was dropped, until a probe has passed them', async () => {
    const lift = ledger.duties().find(({ name }) => name === 'lift');
    const job = jobTold();
    await ledger.recorder.record([job.submitted({ delayMs: 86_400_000 }), seen('w1')]);
    await ledger.steering.cancel(job.id, boss);
    await ledger.recorder.record([job.dropped()]);
    const probed = (seconds: number) =>
      db.database.query(
        `insert into probes (id, queue, priority, sent_at, reported_at, judged_at)
         select gen_random_uuid(), 'email', priority, at, at, at
         from generate_series(0, 3) as priority, (select now() + make_interval(secs => $1) as at) as moment`,
        [seconds],
      );
    await probed(30);
    await lift?.run(new AbortController().signal);
    expect(await revocations()).toEqual([`revoke:${job.id}`]);
    await probed(90);
    await lift?.run(new AbortController().signal);
    expect(await revocations()).toEqual([]);
  });

  test('that comes too late: the job is completed, and says that it was to be cancelled', async () => {
    const job = jobTold();
    await ledger.recorder.record([job.submitted(), job.started(), seen('w1', { running: [job.id] })]);
    expect(await ledger.steering.cancel(job.id, boss)).toMatchObject({ state: 'cancelling' });
    await ledger.recorder.record([job.completed()]);
    expect(await ledger.job(job.id)).toMatchObject({ state: 'completed', cancelRequestedAt: expect.any(String) });
  });

  test('of a job whose record has not come makes row and revocation; the record fills it', async () => {
    const job = jobTold();
    expect(await ledger.steering.cancel(job.id, boss)).toMatchObject({ id: job.id, state: 'cancelling' });
    expect(await revocations()).toEqual([`revoke:${job.id}`]);
    await ledger.recorder.record([job.submitted()]);
    expect(await ledger.job(job.id)).toMatchObject({ state: 'cancelling', type: 'email.welcome', queue: 'email' });
    await ledger.recorder.record([job.dropped()]);
    expect(await ledger.job(job.id)).toMatchObject({ state: 'cancelled', payload: { to: 'a@b.c' } });
    const counted = await db.database.query<{ state: string; n: number }>(
      `select state, sum(n)::int as n from counts where queue = 'email' group by state having sum(n) <> 0`,
    );
    expect(counted).toEqual([{ state: 'cancelled', n: 1 }]);
    expect(await db.database.query(`select * from counts where queue <> 'email'`)).toEqual([]);
  });

  test('of an old id that nobody knows, or of a removed job, is refused', async () => {
    const old = '01890000-0000-7000-8000-000000000000';
    const removed = newJobId();
    await db.database.query(`insert into tombstones (id, until) values ($1, now() + interval '1 day')`, [removed]);
    await expect(ledger.steering.cancel(old, boss)).rejects.toMatchObject({ code: 'job_not_found' });
    await expect(ledger.steering.cancel(removed, boss)).rejects.toMatchObject({ code: 'job_not_found' });
  });

  test('of a job in the outbox takes it back, and revokes what a relay that died may have published', async () => {
    await ledger.start(['control', 'pulse', 'cancels', 'relay']);
    const broker = await world.broker();
    await ledger.broker.stop();
    const job = jobTold();
    await ledger.recorder.record([job.submitted()]);
    await db.database.query('insert into outbox (job_id, generation) values ($1, 0)', [job.id]);
    expect(await ledger.stateOf(job.id)).toBe('accepted');
    expect(await ledger.steering.cancel(job.id, boss)).toMatchObject({ state: 'cancelling' });
    expect(await db.database.query('select * from outbox')).toEqual([]);
    const again = new LedgerWorld(broker, world.names, db);
    await again.start(['control', 'pulse', 'cancels', 'relay']);
    await soon(job.id, 'cancelled');
    expect(await revocations()).toEqual([`revoke:${job.id}`]);
    await again.stop();
  });

  test('of a whole queue is one revocation, whatever the number of jobs', async () => {
    await ledger.start(['control', 'pulse', 'cancels', 'bulk']);
    const jobs = Array.from({ length: 450 }, () => jobTold('email.welcome', newJobId(), Date.now() - 1_000));
    const other = jobTold('report.daily');
    await ledger.recorder.record([...jobs, other].map((job) => job.submitted({ at: Date.now() - 1_000 })));
    const begun = await ledger.steering.bulk('cancel', { queue: 'email' }, boss);
    expect(begun).toMatchObject({ state: 'running', action: 'cancel', createdBy: 'boss' });
    expect(await revocations()).toEqual([`revoke-all:${begun.id}`]);
    const done = await until('the end of it', async () => {
      const view = await ledger.steering.bulkAction(begun.id);
      return view.state === 'done' && view;
    });
    expect(done).toMatchObject({ matched: 450, done: 450, failed: 0 });
    await until('450 cancelled', async () => {
      const [row] = await db.database.query<{ n: number }>(
        `select count(*)::int as n from history where state = 'cancelled'`,
      );
      return row?.n === 450;
    });
    expect(await revocations()).toEqual([`revoke-all:${begun.id}`]);
    expect(await ledger.stateOf(other.id)).toBe('waiting');
  });

  test('is a revocation of its own where workers may take the job for younger than that of its whole queue', async () => {
    await ledger.start(['control', 'pulse', 'cancels', 'bulk']);
    // Its message says to the second when it was made: the end of that second is yet to come.
    const keyed = jobTold('email.welcome', identify('mine').id, Date.now() - 1);
    // Made before the sweep by its id, and once more after it.
    const again = jobTold('email.welcome', newJobId(), Date.now() - 60_000);
    await ledger.recorder.record([keyed.submitted(), again.submitted(), again.dead()]);
    const begun = await ledger.steering.bulk('cancel', { queue: 'email' }, boss);
    await until('the end of it', async () => (await ledger.steering.bulkAction(begun.id)).state === 'done');
    expect(await ledger.steering.retry(again.id, boss)).toMatchObject({ state: 'accepted' });
    await ledger.steering.cancel(again.id, boss);
    const keys = [`revoke:${keyed.id}`, `revoke:${again.id}`, `revoke-all:${begun.id}`];
    expect((await revocations()).sort()).toEqual(keys.sort());
    await soon(keyed.id, 'cancelled');
    await soon(again.id, 'cancelled');
  });

  test('is certain by the revocation of a queue for the same jobs that workers take for older, asked here or in SQL', async () => {
    const old = Date.now() - 3_600_000;
    const jobs = [newJobId(), identify('a').id, identify('b').id].map((id) => jobTold('email.welcome', id, old));
    await ledger.recorder.record(jobs.map((job) => job.submitted()));
    await db.database.query(`update jobs set origin = 'foreign' where id = $1`, [jobs[2]?.id]);
    const rows = await db.database.query<{ id: string; origin: 'client'; submitted: number; made_by: number | null }>(
      `select id, origin, extract(epoch from submitted_at)::float8 * 1000 as submitted, ${MADE_BY} as made_by from jobs`,
    );
    for (const { id, origin, submitted, made_by } of rows)
      expect(madeBy({ id, generation: 0, origin, submittedAt: Math.round(submitted) })).toBe(made_by ?? undefined);
    expect(new Set(rows.map(({ made_by }) => made_by))).toEqual(
      new Set([idTimeMs(jobs[0]?.id ?? ''), old + 2_000, null]),
    );
  });

  test('sounds again when a sound was of the very millisecond of what it should come after', async () => {
    const job = jobTold();
    await ledger.recorder.record([job.submitted()]);
    await ledger.steering.cancel(job.id, boss);
    await db.database.query('delete from control_log');
    const [{ now } = { now: 0 }] = await db.database.query<{ now: number }>(
      'select round(extract(epoch from clock_timestamp()) * 1000)::float8 as now',
    );
    const times = [now, now + 60_000, now + 60_000];
    let sounds = 0;
    const cancels = new Cancels({
      ...{ database: db.database, recorder: ledger.recorder },
      sound: () => Promise.resolve(times[sounds++] ?? 0),
    });
    for (let run = 0; run < 4; run++) await cancels.run();
    expect(sounds).toBe(2);
  });
});
