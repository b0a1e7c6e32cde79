import { connect } from 'amqplib';
import { z } from 'zod';
import { type Names, UnrecoverableError, defineJob, newJobId } from '../../libs/jobs/src';
import type { Announcement, RecordedEvent } from '../../libs/jobs/src/wire';
import { Ledger, Recorder } from '../../libs/ledger/src';
import { announceStalled } from '../../libs/ledger/src/record/effects/announce';
import { SILENT_PULSES, notePulses } from '../../libs/ledger/src/record/effects/pulse';
import { noteWorkers } from '../../libs/ledger/src/record/effects/workers';
import { type TestDatabase, testDatabase } from '../support/database';
import { JobsWorld } from '../support/jobs-world';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';

const Send = defineJob({ type: 'email.send', payload: z.object({ to: z.string() }), attempts: 1 });

interface Heard {
  key: string;
  type: string;
  said: { event: string; id: string; type: string; queue: string; state: string; attempt: number; progress?: unknown };
}

/** Somebody who knows RabbitMQ and the wire contract alone. */
async function stranger(names: Names) {
  const connection = await connect(sharedBroker().url);
  const channel = await connection.createChannel();
  const heard: Heard[] = [];
  await channel.assertExchange(names.events, 'topic', { durable: true });
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, names.events, '#');
  await channel.consume(
    queue,
    (message) => {
      const said = JSON.parse(message?.content.toString() ?? '') as Heard['said'];
      heard.push({ key: message?.fields.routingKey ?? '', type: String(message?.properties.type), said });
    },
    { noAck: true },
  );
  /** A queue of hers that takes nothing any more. */
  const fill = async (): Promise<string> => {
    const full = `${names.prefix}-full`;
    const length = { 'x-queue-type': 'quorum', 'x-max-length': 1, 'x-overflow': 'reject-publish' };
    await channel.assertQueue(full, { durable: true, arguments: length });
    for (let i = 0; i < 3; i++) channel.sendToQueue(full, Buffer.from('{}'));
    await until('it is full', async () => (await channel.checkQueue(full)).messageCount > 0);
    await channel.bindQueue(full, names.events, '#');
    return full;
  };
  const close = async (): Promise<void> => {
    await channel.deleteQueue(`${names.prefix}-full`);
    await connection.close();
  };
  const eventsOf = (id: string): string[] => heard.filter(({ said }) => said.id === id).map(({ key }) => key);
  return { heard, eventsOf, fill, close };
}

describe('what happens to jobs is announced on jobs.events', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await testDatabase();
  });
  afterAll(() => db.drop());

  const workOf = (world: JobsWorld) =>
    world.worker((handlers) =>
      handlers.register(Send, ({ to }, context) => {
        if (to === 'nobody') throw new UnrecoverableError('no mailbox');
        context.progress({ half: true });
        return { sent: to };
      }),
    );

  test('by the ledger, when it is committed; a foreign queue that is full holds nothing up', async () => {
    const world = new JobsWorld(sharedBroker().url);
    const { names } = world;
    const ledger = new Ledger({ broker: await world.broker(), databaseUrl: db.url, names, jobs: [Send] });
    const ear = await stranger(names);
    try {
      await ledger.start();
      await ledger.ready();
      await ear.fill();
      await workOf(world);
      const [one] = await ledger.submit([{ type: 'email.send', payload: { to: 'ada' }, options: { id: 'first' } }]);
      const id = one?.id ?? '';
      await until('the end of it', () => ear.eventsOf(id).includes('email.completed'));
      expect(ear.eventsOf(id)[0]).toBe('email.submitted');
      expect(ear.heard.find(({ key, said }) => said.id === id && key === 'email.completed')).toMatchObject({
        type: 'event.v1',
        said: { event: 'completed', key: 'first', type: 'email.send', queue: 'email', state: 'completed', attempt: 1 },
      });

      const client = await world.client([Send]);
      const many = await client.addMany(
        Send,
        Array.from({ length: 500 }, () => ({ payload: { to: 'all' } })),
      );
      const lost = await client.add(Send, { to: 'nobody' });
      await until('500 ends', () => many.ids.every((each) => ear.eventsOf(each).includes('email.completed')), 60_000);
      await until('a dead one', () => ear.eventsOf(lost.id).includes('email.dead'));
    } finally {
      await ledger.stop();
      await ear.close();
      await world.stop();
    }
  }, 90_000);

  test('by the worker, where there is no ledger', async () => {
    const world = new JobsWorld(sharedBroker().url);
    const ear = await stranger(world.names);
    try {
      await ear.fill();
      await workOf(world);
      const client = await world.client([Send]);
      const { id } = await client.add(Send, { to: 'ada' });
      await until('the end of it', () => ear.eventsOf(id).includes('email.completed'));
      expect(ear.eventsOf(id)).toEqual(['email.started', 'email.progress', 'email.completed']);
      expect(ear.heard.find(({ key }) => key === 'email.progress')?.said).toMatchObject({
        ...{ state: 'active', progress: { half: true }, queue: 'email' },
      });
    } finally {
      await ear.close();
      await world.stop();
    }
  });

  test('by the ledger, of a job whose worker has fallen silent', async () => {
    const announced: Announcement[] = [];
    const stalled = announceStalled({ announce: (said) => void announced.push(said) });
    const recorder = new Recorder(db.database, [notePulses(stalled), noteWorkers]);
    const at = Date.now();
    const started = ['silent', 'silent', 'heard'].map((worker) => ({
      ...({ event: 'started', id: newJobId(), type: 'email.send', generation: 0, attempt: 2, delivery: 0 } as const),
      ...{ worker, at },
    }));
    const [running, ended, elsewhere] = started;
    const beat = (worker: string): RecordedEvent => ({
      ...{ event: 'worker.seen', worker, at, queues: ['email'], types: [], running: [], held: 0, startedAt: at },
    });
    const pulse = (number: number) => ({ event: 'ledger.pulse', producer: 'p', number, at: number }) as const;
    const [head] = await db.database.query<{ value: string }>("select value from heads where name = 'pulse'");
    const first = Number(head?.value ?? 0) + 1;
    await recorder.record([pulse(first)]);
    await recorder.record([...started, beat('silent'), beat('heard')]);
    await recorder.record([{ ...ended, event: 'completed', at: at + 1 } as RecordedEvent]);
    await recorder.record([pulse(first + SILENT_PULSES - 1)]);
    expect(announced).toEqual([]);
    await recorder.record([pulse(first + SILENT_PULSES), beat('heard')]);
    await recorder.record([pulse(first + SILENT_PULSES + 1)]);
    const what = { event: 'stalled', state: 'stalled', type: 'email.send', attempt: 2 };
    expect(announced).toEqual([expect.objectContaining({ ...what, id: running?.id })]);
    expect(announced.map(({ id }) => id)).not.toContain(elsewhere?.id);
  });
});
