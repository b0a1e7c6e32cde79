import { z } from 'zod';
import { defineJob, newJobId } from '../../libs/jobs/src';
import { type TestDatabase, testDatabase } from '../support/database';
import { JobsWorld } from '../support/jobs-world';
import { LedgerWorld, boss } from '../support/ledger-world';
import { sharedBroker } from '../support/private-broker';
import { type JobTold, jobTold } from '../support/told';
import { until } from '../support/until';

const Welcome = defineJob({ type: 'email.welcome', version: 3, payload: z.object({ to: z.string() }) });

describe('a move', () => {
  let db: TestDatabase;
  let world: JobsWorld;
  let ledger: LedgerWorld;
  let job: JobTold;

  beforeEach(async () => {
    db = await testDatabase();
    world = new JobsWorld(sharedBroker().url);
    ledger = new LedgerWorld(await world.broker(), world.names, db, [Welcome]);
    job = jobTold();
  });
  afterEach(async () => {
    await ledger.stop();
    await world.stop();
    await db.drop();
  });

  const record = (...facts: Parameters<LedgerWorld['recorder']['record']>[0]) => ledger.recorder.record(facts);
  const outbox = async () =>
    (await db.database.query<{ generation: number }>('select generation from outbox order by seq')).map(
      ({ generation }) => generation,
    );
  const revoked = async () =>
    (
      await db.database.query<{ entry: { generation: number; cancel: string } }>(
        `select entry from control where key = 'revoke:' || $1`,
        [job.id],
      )
    ).map(({ entry: { generation, cancel } }) => [generation, cancel]);

  test('promotes a delayed job: its message is revoked, the next generation runs now', async () => {
    await record(job.submitted({ delayMs: 600_000 }));
    expect(await ledger.steering.promote(job.id, boss)).toMatchObject({ state: 'accepted', generation: 1 });
    expect([await outbox(), await revoked()]).toEqual([[1], [[0, 'move']]]);
    await record(job.dropped('move', 0));
    // A copy of what was dropped may still come.
    expect(await revoked()).toEqual([[0, 'move']]);
    await record(job.completed(1, 1));
    expect(await ledger.stateOf(job.id)).toBe('completed');
  });

  test('changes a job that the ledger holds where it is', async () => {
    await record(job.submitted({ delayMs: 3_600_000 }));
    await db.database.query('update jobs set in_ledger = true');
    const view = await ledger.steering.reschedule(job.id, { delay: '2h' }, boss);
    expect(view).toMatchObject({ state: 'delayed', generation: 0 });
    expect(Date.parse(view.scheduledFor ?? '') - Date.now()).toBeGreaterThan(7_000_000);
    expect(await ledger.steering.setPriority(job.id, 'high', boss)).toMatchObject({ priority: 'high', generation: 0 });
    expect(await outbox()).toEqual([]);
    expect(await ledger.steering.promote(job.id, boss)).toMatchObject({ state: 'accepted', generation: 0 });
    expect([await outbox(), await revoked()]).toEqual([[0], []]);
    await record(job.submitted({ delayMs: 3_600_000 }));
    expect(await ledger.job(job.id)).toMatchObject({ priority: 'high', state: 'accepted' });
  });

  test('reschedules a job at the broker into the ledger, under the next generation', async () => {
    await record(job.submitted());
    const at = new Date(Date.now() + 60_000).toISOString();
    expect(await ledger.steering.reschedule(job.id, { at }, boss)).toMatchObject({
      ...{ state: 'delayed', generation: 1, scheduledFor: at },
    });
    const [row] = await db.database.query('select in_ledger from jobs');
    expect([row, await outbox(), await revoked()]).toEqual([{ in_ledger: true }, [], [[0, 'move']]]);
  });

  test('of a job that has been started already is undone: the later message is revoked, the ledger follows the earlier', async () => {
    await record(job.submitted());
    await ledger.steering.setPriority(job.id, 'critical', boss);
    await record(job.started(1, 0));
    expect(await ledger.job(job.id)).toMatchObject({ state: 'active', attempt: 1 });
    expect([await outbox(), await revoked()]).toEqual([[], [[1, 'move']]]);
    await record(job.completed(1, 0), job.dropped('move', 1));
    expect(await ledger.stateOf(job.id)).toBe('completed');
  });

  test('whose earlier message failed goes on under a generation of its own', async () => {
    await record(job.submitted());
    await ledger.steering.setPriority(job.id, 'critical', boss);
    await record(job.started(1, 0));
    await record(job.retrying(1, 5_000, 0));
    expect(await outbox()).toEqual([2]);
    expect(await ledger.job(job.id)).toMatchObject({ state: 'accepted', attempt: 1, generation: 2 });
    await record(job.dropped('move', 0), job.dropped('move', 1));
    expect(await outbox()).toEqual([2]);
    await record(job.completed(2, 2));
    expect(await ledger.stateOf(job.id)).toBe('completed');
  });

  test('whose earlier message came back from a crash, and was dropped, goes on too', async () => {
    await record(job.submitted());
    await ledger.steering.setPriority(job.id, 'critical', boss);
    await record(job.started(1, 0));
    await record(job.dropped('move', 1), job.dropped('move', 0));
    expect([await outbox(), await ledger.job(job.id)]).toEqual([[2], expect.objectContaining({ state: 'accepted' })]);
  });

  test('whose earlier message was completed before anything else was told leaves nothing to run', async () => {
    await record(job.submitted({ delayMs: 1_000 }));
    await ledger.steering.promote(job.id, boss);
    await record(job.completed(1, 0));
    expect(await ledger.stateOf(job.id)).toBe('completed');
    expect([await outbox(), await revoked()]).toEqual([[], [[1, 'move']]]);
  });

  test.each([
    ['promote', (id: string) => ledger.steering.promote(id, boss), 'job_running'],
    ['reschedule', (id: string) => ledger.steering.reschedule(id, { delay: 5 }, boss), 'job_running'],
    ['setPriority', (id: string) => ledger.steering.setPriority(id, 'low', boss), 'job_running'],
    ['retry', (id: string) => ledger.steering.retry(id, boss), 'job_not_finished'],
  ])('%s of a running job is refused, and changes nothing', async (_name, act, code) => {
    await record(job.submitted(), job.started());
    await expect(act(job.id)).rejects.toMatchObject({ code });
    expect([await outbox(), await db.database.query('select * from control')]).toEqual([[], []]);
    expect(await db.database.query('select * from audit')).toEqual([]);
  });

  describe('a retry', () => {
    test('runs a dead job again from its first attempt; what is told of before says nothing any more', async () => {
      await record(job.submitted(), job.dead());
      const view = await ledger.steering.retry(job.id, boss);
      expect(view).toMatchObject({ state: 'accepted', generation: 1, attempt: 0 });
      expect(view.attempts).toHaveLength(1);
      await record(job.submitted(), job.dead(), job.retrying(2), job.completed(3, 0));
      expect(await ledger.job(job.id)).toMatchObject({ state: 'accepted', attempt: 0 });
      await record(job.completed(1, 1));
      expect(await ledger.stateOf(job.id)).toBe('completed');
    });

    test('leaves the payload as it is of the version that it is', async () => {
      await record(job.submitted({ version: 2 }), job.dead());
      expect(await ledger.steering.retry(job.id, boss)).toMatchObject({ version: 2 });
    });

    test('takes an edited payload, checked as if it were submitted', async () => {
      await record(job.submitted(), job.dead());
      await expect(ledger.steering.retry(job.id, boss, { payload: { to: 5 } })).rejects.toMatchObject({
        ...{ code: 'payload_invalid', field: 'payload.to' },
      });
      expect(await ledger.stateOf(job.id)).toBe('dead');
      await ledger.steering.retry(job.id, boss, { payload: { to: 'x@y.z' } });
      await record(job.submitted());
      expect(await ledger.job(job.id)).toMatchObject({ payload: { to: 'x@y.z' }, version: 3 });
      expect(await db.database.query('select action, target, detail from audit')).toEqual([
        { action: 'jobs.retry', target: job.id, detail: { payload: 'edited' } },
      ]);
    });

    test('takes its unique key again, or is refused when another has it', async () => {
      const other = newJobId();
      await record(job.submitted());
      await db.database.query(`update jobs set unique_key = 'email.welcome u'`);
      await record(job.dead());
      await db.database.query(`insert into keys (key, job_id) values ('email.welcome u', $1)`, [other]);
      await expect(ledger.steering.retry(job.id, boss)).rejects.toMatchObject({ code: 'key_taken' });
      await db.database.query('delete from keys');
      await ledger.steering.retry(job.id, boss);
      expect(await db.database.query('select job_id from keys')).toEqual([{ job_id: job.id }]);
    });

    test('of a completed job is refused', async () => {
      await record(job.submitted(), job.completed());
      await expect(ledger.steering.retry(job.id, boss)).rejects.toMatchObject({ code: 'job_finished' });
    });
  });

  test('a redrive by filter goes on where it stopped, and counts what refuses', async () => {
    const jobs = Array.from({ length: 450 }, () => jobTold());
    await record(...jobs.flatMap((one) => [one.submitted(), one.dead()]));
    const taken = jobs[7]?.id;
    await db.database.query(`update history set unique_key = 'k' where id = $1`, [taken]);
    await db.database.query(`insert into keys (key, job_id) values ('k', $1)`, [newJobId()]);
    const { id } = await ledger.steering.bulk('redrive', { queue: 'email' }, boss);
    // A producer that dies after its first step.
    const bulk = ledger.duties().find(({ name }) => name === 'bulk');
    await bulk?.run(new AbortController().signal);
    expect(await ledger.steering.bulkAction(id)).toMatchObject({ state: 'running', matched: 200 });
    const next = new LedgerWorld(await world.broker(), world.names, db);
    await next.start(['bulk']);
    const done = await until('the end of it', async () => {
      const view = await next.steering.bulkAction(id);
      return view.state === 'done' && view;
    });
    await next.stop();
    expect(done).toMatchObject({ matched: 450, done: 449, failed: 1, error: expect.stringContaining('unique key') });
    expect(await outbox()).toHaveLength(449);
    const [audited] = await db.database.query<{ n: number }>(`select count(*)::int as n from audit`);
    expect(audited?.n).toBe(1);
  });

  test('a reschedule by filter puts off what waits, passes by what runs, and wants a time that can be read', async () => {
    const [waits, runs] = [jobTold(), jobTold()];
    await record(waits.submitted({ delayMs: 60_000 }), runs.submitted(), runs.started());
    const at = '2031-01-01T00:00:00.000Z';
    const { id } = await ledger.steering.bulk('reschedule', { queue: 'email' }, boss, { to: { at } });
    const bulk = ledger.duties().find(({ name }) => name === 'bulk');
    await bulk?.run(new AbortController().signal);
    expect(await ledger.steering.bulkAction(id)).toMatchObject({ state: 'done', matched: 2, done: 1, failed: 1 });
    expect(await ledger.job(waits.id)).toMatchObject({ state: 'delayed', scheduledFor: at });
    expect(await ledger.stateOf(runs.id)).toBe('active');
    for (const to of [undefined, { at: 'soon' }, { delay: 'never' }])
      await expect(ledger.steering.bulk('reschedule', {}, boss, { to })).rejects.toMatchObject({
        code: 'filter_invalid',
      });
  });

  test('a job moved at the broker runs once, at its new place', async () => {
    await ledger.start(['control', 'pulse', 'relay', 'due']);
    const client = await world.client([Welcome]);
    const { id } = await client.add(Welcome, { to: 'a' }, { delay: '1h' });
    await until(
      'its record',
      async () => (await db.database.query('select 1 from jobs where id = $1', [id])).length === 1,
    );
    await ledger.steering.reschedule(id, { delay: 1_000 }, boss);
    const ran: number[] = [];
    await world.worker((handlers) => handlers.register(Welcome, (_payload, context) => void ran.push(context.attempt)));
    await until('its end', async () => (await ledger.stateOf(id)) === 'completed');
    expect([ran, await ledger.job(id)]).toEqual([[1], expect.objectContaining({ generation: 1 })]);
  });
});
