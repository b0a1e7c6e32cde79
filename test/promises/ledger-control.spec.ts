import { LedgerError } from '../../libs/ledger/src';
import { EventBus, type Publisher, ControlStream as RemoteControl, newJobId, systemClock } from '../../libs/jobs/src';
import { changeControl } from '../../libs/ledger/src/control/control-store';
import { type ControlStream, readControlStream } from '../support/control-stream';
import { type TestDatabase, testDatabase } from '../support/database';
import { into, publish, queuesPlan } from '../support/amqp-client';
import { tell as tellLedger } from '../support/ledger-intake';
import { seen } from '../support/told';
import { ControlPublisher } from '../../libs/ledger/src/duties/control-publisher';
import { StuckLadder } from '../../libs/ledger/src/duties/stuck-ladder';
import { JobsWorld } from '../support/jobs-world';
import { LedgerWorld, boss } from '../support/ledger-world';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';

describe('what is to be controlled', () => {
  let db: TestDatabase;
  let world: JobsWorld;
  let ledger: LedgerWorld;
  let stream: ControlStream | undefined;
  const ledgers: LedgerWorld[] = [];

  const another = async (): Promise<LedgerWorld> => {
    const made = new LedgerWorld(await world.broker(), world.names, db);
    ledgers.push(made);
    return made;
  };
  beforeEach(async () => {
    db = await testDatabase();
    world = new JobsWorld(sharedBroker().url);
    ledger = await another();
  });
  afterEach(async () => {
    await stream?.close();
    stream = undefined;
    for (const made of ledgers.splice(0)) await made.stop();
    await world.stop();
    await db.drop();
  });
  const read = async (): Promise<ControlStream> =>
    (stream = await readControlStream(sharedBroker().url, world.names.control));

  test('goes to the stream in the order of its versions, none left out, under 50 changes at once', async () => {
    await ledger.start(['control']);
    const queues = Array.from({ length: 50 }, (_, n) => `q${n}`);
    const versions = await Promise.all(queues.map((queue) => ledger.steering.pause({ queue }, boss)));
    expect(versions.map(({ version }) => version).sort((a, b) => a - b)).toEqual(queues.map((_, n) => n + 1));
    const { messages } = await read();
    const deltas = await until('50 changes', () => stream?.deltas.length === 50 && stream.deltas);
    expect(deltas.map(({ version }) => version)).toEqual(queues.map((_, n) => n + 1));
    expect(messages[0]).toMatchObject({ kind: 'snapshot', part: 1, parts: 1 });
    expect(await db.database.query('select * from control_log')).toEqual([]);
    const [{ n } = { n: 0 }] = await db.database.query<{ n: number }>(
      `select count(*)::int as n from audit where action = 'queues.pause'`,
    );
    expect(n).toBe(50);
  });

  test('is told by the next producer when one is killed between commit and publish', async () => {
    await db.database.transaction(async (tx) =>
      changeControl(tx, { set: [{ key: 'pause:queue:email', entry: { kind: 'pause', queue: 'email' } }] }),
    );
    await ledger.start(['control']);
    await read();
    const told = await until('the change', () => stream?.deltas[0]);
    expect(told).toMatchObject({ version: 1, set: { 'pause:queue:email': { kind: 'pause', queue: 'email' } } });
    expect(stream?.snapshots[0]).toMatchObject({ version: 1, entries: { 'pause:queue:email': { kind: 'pause' } } });
  });

  test('is told once more, in order, after the broker was away', async () => {
    await ledger.start([]);
    await ledger.broker.stop();
    const { version } = await ledger.steering.pause({ type: 'email.welcome' }, boss);
    await ledger.steering.resume({ type: 'email.welcome' }, boss);
    await (await another()).start(['control']);
    await read();
    const deltas = await until('both changes', () => stream?.deltas.length === 2 && stream.deltas);
    expect(deltas).toEqual([
      expect.objectContaining({
        version,
        set: { 'pause:type:email.welcome': { kind: 'pause', type: 'email.welcome' } },
      }),
      expect.objectContaining({ version: version + 1, set: {}, lift: ['pause:type:email.welcome'] }),
    ]);
  });

  test('is in force everywhere where one change of many sent at once was not taken, and all after it were', async () => {
    await ledger.start([]);
    const { broker, publisher } = ledger;
    let refused = 0;
    const flawed: Publisher = {
      ...{ pending: 0, whenRoom: () => publisher.whenRoom(), close: (ms) => publisher.close(ms) },
      publish: (message, done) => {
        const { version } = JSON.parse(message.body.toString()) as { version: number };
        if (version !== 20 || refused > 0) return publisher.publish(message, done);
        refused += 1;
        done({ kind: 'nacked', reason: 'once, for this test' });
      },
    };
    const duty = new ControlPublisher({ database: db.database, publisher: flawed, names: world.names });
    const { signal } = new AbortController();
    while ((await duty.run(signal)) === 'more');
    const queues = Array.from({ length: 50 }, (_, n) => `q${n}`);
    for (const queue of queues) await ledger.steering.pause({ queue }, boss);
    const reader = new RemoteControl({ broker, names: world.names, clock: systemClock, events: new EventBus() });
    await reader.start();
    await reader.ready();
    await expect(duty.run(signal)).rejects.toThrow('once, for this test');
    await until('the last change to have overtaken', () => reader.isQueuePaused('q49'));
    expect([reader.isQueuePaused('q19'), reader.version]).toEqual([false, 19]);
    while ((await duty.run(signal)) === 'more');
    await until('all of them in force', () => reader.version === 50);
    expect(queues.filter((queue) => !reader.isQueuePaused(queue))).toEqual([]);
    expect(await db.database.query('select * from control_log')).toEqual([]);
    await reader.stop();
  });

  test('two producers tell it together as one would', async () => {
    await ledger.start(['control']);
    const second = await another();
    await second.start(['control']);
    const both = [ledger, second];
    for (let n = 0; n < 20; n++) await both[n % 2]?.steering.pause({ queue: `q${n}` }, boss);
    await read();
    await until('20 changes', () => stream?.deltas.length === 20);
    const versions = stream?.deltas.map(({ version }) => version) ?? [];
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(new Set(versions).size).toBe(20);
  });

  test('one producer at a time reads the inbox, so a pulse that came back has passed all before it', async () => {
    await ledger.start([]);
    const second = await another();
    await second.start([]);
    for (let n = 0; n < 20; n++) await tellLedger(ledger.publisher, world.names, [seen(`w${n}`)]);
    await until('20 heartbeats', () => ledger.recorded + second.recorded >= 20);
    expect([ledger.recorded, second.recorded]).toEqual([20, 0]);
    await ledger.stop();
    await tellLedger(second.publisher, world.names, [seen('later')]);
    await until('the next one to take over', () => second.recorded === 1);
  });

  test('a level of the ladder that gives nothing off is noticed once; one that does is not', async () => {
    const { broker, names } = ledger;
    let now = 0;
    const watch = new StuckLadder({ broker, names, events: ledger, graceMs: 1_000, now: () => now });
    // Like a level whose target takes nothing: what is put in stays in.
    await broker.apply(queuesPlan(names.delay(3)));
    const put = (id: string) => publish(ledger.publisher, into(names.delay(3), id));
    const look = async (at: number) => {
      now = at;
      await watch.run(new AbortController().signal);
    };
    await put('m1');
    await look(0);
    await look(1_700);
    expect(ledger.noticedThat).toEqual([]);
    await put('m2');
    await until('both', async () => (await broker.depth(names.delay(3)))?.messages === 2);
    await look(1_900);
    await look(5_000);
    expect(ledger.noticedThat).toEqual([expect.stringContaining(`${names.delay(3)} holds 2 messages`)]);
    (await broker.pull(names.delay(3)))?.ack();
    await until('one less', async () => (await broker.depth(names.delay(3)))?.messages === 1);
    await look(6_000);
    await look(7_000);
    expect(ledger.noticedThat).toHaveLength(1);
  });

  test('a snapshot comes in parts of bounded size, and a beat carries version and time of the database', async () => {
    await db.database.transaction(async (tx) => {
      const set = Array.from({ length: 5_000 }, () => newJobId()).map((id) => ({
        ...{ key: `revoke:${id}`, entry: { kind: 'revoke' as const, id, generation: 0, cancel: 'cancel' as const } },
      }));
      await changeControl(tx, { set });
    });
    await ledger.start(['control']);
    await read();
    const beat = await until('a beat', () => stream?.messages.find(({ kind }) => kind === 'beat'));
    const parts = stream?.snapshots ?? [];
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.map(({ part }) => part)).toEqual(parts.map((_, n) => n + 1));
    expect(new Set(parts.map(({ parts: of, snapshotAt }) => `${of} ${snapshotAt}`)).size).toBe(1);
    expect(Math.max(...parts.map((part) => JSON.stringify(part).length))).toBeLessThan(300_000);
    expect(parts.flatMap(({ entries }) => Object.keys(entries))).toHaveLength(5_000);
    const [{ now } = { now: 0 }] = await db.database.query<{ now: number }>(
      'select extract(epoch from now())::float8 * 1000 as now',
    );
    expect(Math.abs(now - (beat.kind === 'beat' ? beat.now : 0))).toBeLessThan(60_000);
    expect(beat.version).toBe(1);
  });

  test.each([
    [{ queue: 'A B!' }, 'queue_name_invalid', 'queue'],
    [{ queue: 'email.welcome' }, 'queue_name_invalid', 'queue'],
    [{ queue: 'dead' }, 'queue_name_invalid', 'queue'],
    [{ type: 'Foo:bar' }, 'job_type_invalid', 'type'],
  ])('what nothing can be called is not paused: %j', async (what, code, field) => {
    await expect(ledger.steering.pause(what, boss)).rejects.toMatchObject({ code, field, hint: expect.any(String) });
    expect(await db.database.query('select * from control')).toEqual([]);
  });

  test('pausing what is paused, and resuming what is not, changes nothing', async () => {
    const { version } = await ledger.steering.pause({ queue: 'email' }, boss);
    expect(await ledger.steering.pause({ queue: 'email' }, boss)).toEqual({ version });
    expect(await ledger.steering.resume({ queue: 'report' }, boss)).toEqual({ version });
    const again = await ledger.steering.resume({ queue: 'email' }, boss);
    expect(again.version).toBe(version + 1);
  });

  test.each(['cancel', 'promote', 'retry'] as const)('%s of a job that nobody knows is refused', async (action) => {
    const error = await ledger.steering[action]('no-such-job', boss).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(LedgerError);
    expect(error).toMatchObject({ code: 'job_not_found' });
  });
});
