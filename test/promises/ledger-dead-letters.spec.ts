import {
  type Broker,
  type Names,
  type OutgoingMessage,
  UnrecoverableError,
  defineJob,
  newJobId,
  planTopology,
} from '@scutwork/jobs';
import { z } from 'zod';
import { type TestDatabase, testDatabase } from '../support/database';
import { JobsWorld } from '../support/jobs-world';
import { LedgerIntakes, send } from '../support/ledger-intake';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';

const Mail = defineJob({ type: 'mail.send', payload: z.object({ to: z.string() }) });

interface Row {
  id: string;
  type: string;
  queue: string;
  state: string;
  dead_reason: string;
  payload: string | null;
  attempt: number;
  priority: number;
  error: string;
  key: string | null;
  origin: string;
  worker: string | null;
  submitted_at: Date | null;
}

describe('dead letters', () => {
  let db: TestDatabase;
  let world: JobsWorld;
  let names: Names;
  let broker: Broker;
  let ledger: LedgerIntakes;

  beforeAll(async () => {
    db = await testDatabase();
    world = new JobsWorld(sharedBroker().url);
    names = world.names;
    broker = await world.broker();
    await broker.apply(planTopology({ names, queues: ['mail'] }));
    ledger = new LedgerIntakes(broker, names, db.database, ['mail', 'nobody-has-declared-this']);
    await ledger.start();
  });
  afterAll(async () => {
    await ledger.stop();
    await world.stop();
    await db.drop();
  });

  const all = (): Promise<Row[]> =>
    db.database.query<Row & Record<string, unknown>>('select * from history order by created_at');
  const rowOf = (what: string, match: (row: Row) => boolean): Promise<Row> =>
    until(what, async () => (await all()).find(match));
  const isEmpty = (queue: string): Promise<unknown> =>
    until(`${queue} to be empty`, async () => (await broker.depth(queue))?.messages === 0);
  const publish = (message: Partial<OutgoingMessage>): Promise<void> =>
    send(ledger.publisher, {
      exchange: '',
      routingKey: '',
      mandatory: true,
      body: Buffer.from('{"to":"x"}'),
      ...message,
    });

  test('what a worker gave up is a dead job with payload, error, attempt, priority and origin; its dead queue is empty', async () => {
    const client = await world.client([]);
    await world.worker((handlers) =>
      handlers.register(Mail, () => {
        throw new UnrecoverableError('no such address');
      }),
    );
    const { id } = await client.add(Mail, { to: 'nobody' }, { priority: 'high' });
    const told = (found: Row): boolean => found.id === id && found.worker !== null && found.submitted_at !== null;
    const row = await rowOf('the dead job, as its worker and its client told it', told);
    expect(row).toMatchObject({
      state: 'dead',
      dead_reason: 'unrecoverable',
      attempt: 1,
      priority: 1,
      origin: 'client',
    });
    expect(JSON.parse(String(row.payload))).toEqual({ to: 'nobody' });
    expect(JSON.parse(row.error)).toMatchObject({ message: 'no such address' });
    await isEmpty(names.dead('mail'));
  });

  test('a worker that records nothing leaves a dead letter that says all the same', async () => {
    const headers = {
      ...{ 'x-job-dead-reason': 'attempts_exhausted', 'x-job-error': '{"name":"E","message":"busy","code":"c"}' },
      ...{ 'x-job-attempt': 3, 'x-job-max-attempts': 3, 'x-job-priority': 'low', 'x-job-tags': 'a,b' },
    };
    await publish({
      exchange: names.deadExchange,
      routingKey: 'mail',
      type: 'mail.send',
      messageId: 'order-1',
      headers,
    });
    expect(await rowOf('the dead job', ({ key }) => key === 'order-1')).toMatchObject({
      ...{
        state: 'dead',
        dead_reason: 'attempts_exhausted',
        type: 'mail.send',
        queue: 'mail',
        attempt: 3,
        priority: 3,
      },
      ...{ max_attempts: 3, tags: ['a', 'b'], payload: '{"to":"x"}', origin: 'foreign' },
    });
  });

  test('what the broker gave up is dead like all others', async () => {
    const holder = await world.broker();
    await holder.apply(planTopology({ names, queues: ['held'] }));
    const id = newJobId();
    await publish({ exchange: names.priority('low'), routingKey: 'held.back', messageId: id, type: 'held.back' });
    const delivery = await until('the job', () => holder.pull(names.work('held', 'low')));
    delivery.reject();
    ledger.dead.watch('held');
    expect(await rowOf('the dead job', (row) => row.id === id)).toMatchObject({
      ...{
        state: 'dead',
        dead_reason: 'rejected',
        type: 'held.back',
        queue: 'held',
        priority: 3,
        payload: '{"to":"x"}',
      },
    });
    await isEmpty(names.dead('held'));
  });

  test('a dead letter without an id is one job, however often it is delivered', async () => {
    const timestamp = Math.floor(Date.now() / 1_000) - 60;
    const message = { exchange: names.deadExchange, routingKey: 'mail', type: 'mail.nameless', timestamp };
    await publish(message);
    await rowOf('the dead job', ({ type }) => type === 'mail.nameless');
    await publish(message);
    await publish({ ...message, timestamp: timestamp + 1 });
    await until(
      'the second job',
      async () => (await all()).filter(({ type }) => type === 'mail.nameless').length === 2,
    );
    await isEmpty(names.dead('mail'));
    expect((await all()).filter(({ type }) => type === 'mail.nameless')).toHaveLength(2);
  });

  test('what has no queue is dead and says so: a stray of the ladder, and one of a door', async () => {
    const id = newJobId();
    await publish({
      ...{ exchange: names.due, routingKey: 'gone.high', messageId: id, type: 'gone.away', mandatory: false },
      headers: { 'x-job-attempt': 2 },
    });
    expect(await rowOf('the stray', (row) => row.id === id)).toMatchObject({
      ...{ state: 'dead', dead_reason: 'no_queue', type: 'gone.away', priority: 1, attempt: 2 },
    });

    await publish({ exchange: names.door('low'), routingKey: 'typo.send', messageId: 'foreign-1', mandatory: false });
    expect(await rowOf('the job of the door', ({ key }) => key === 'foreign-1')).toMatchObject({
      ...{ state: 'dead', dead_reason: 'no_queue', type: 'typo.send', priority: 3, origin: 'foreign' },
    });
    // Nobody will adopt it: without an id it is told all the same.
    await publish({ exchange: names.door('normal'), routingKey: 'typo.nameless', mandatory: false });
    await rowOf('the nameless job of the door', ({ type }) => type === 'typo.nameless');
    await isEmpty(names.stray);
  });

  test('what comes through a door is known before it runs; without an id its worker tells it, once', async () => {
    await broker.apply(planTopology({ names, queues: ['door'] }));
    const door = { exchange: names.door('high'), routingKey: 'door.in', mandatory: false };
    await publish({ ...door, messageId: 'foreign-2', headers: { 'x-job-tags': 'x', 'x-job-delay': '60000' } });
    await publish({ ...door, body: Buffer.from('"nameless"') });
    const [known] = await until('the row', async () => {
      const rows = await db.database.query("select * from jobs where key = 'foreign-2'");
      return rows.length > 0 && rows;
    });
    expect(known).toMatchObject({ state: 'delayed', origin: 'foreign', priority: 1, tags: ['x'], type: 'door.in' });
    const { witness } = await world.worker((handlers) => handlers.register('door.in', () => 'done'));
    await witness.waitFor('completed');
    const done = await rowOf('the adopted job', ({ type }) => type === 'door.in');
    expect(done).toMatchObject({ state: 'completed', payload: '"nameless"', origin: 'foreign' });
    expect(await db.database.query("select key from jobs where type = 'door.in'")).toEqual([{ key: 'foreign-2' }]);
  });

  test('a queue that is first heard of while the ledger runs is taken from then on', async () => {
    await broker.apply(planTopology({ names, queues: ['late'] }));
    await publish({ exchange: names.deadExchange, routingKey: 'late', type: 'late.one', messageId: 'late-1' });
    await world.worker((handlers) => handlers.register('late.two', () => undefined));
    await rowOf('the dead job', ({ key }) => key === 'late-1');
    await isEmpty(names.dead('late'));
  });
});
