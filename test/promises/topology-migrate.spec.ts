import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from 'amqplib';
import {
  type MigrationStep,
  type Names,
  type QueueMigration,
  type TopologyPlan,
  migrateTopology,
  namesFor,
  planTopology,
} from '../../libs/jobs/src';
import { amqpClient, ids, publishAll, stopAmqpClients, uniqueName } from '../support/amqp-client';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';

const run = promisify(execFile);

const STEPS: MigrationStep[] = [
  ...(['held', 'unbound', 'moved-out', 'drained', 'deleted'] as const),
  ...(['made-anew', 'let-go', 'moved-back', 'done'] as const),
];

/** A queue as an earlier release might have declared it, with jobs in it. */
interface Old {
  names: Names;
  plan: TopologyPlan;
  /** A work queue that is otherwise than planned. */
  queue: string;
}

const { url } = sharedBroker();

/** The queue has no dead letters, and a limit of its own; what is in it came by the exchange of its priority. */
async function oldQueue(count: number): Promise<Old> {
  const names = namesFor(uniqueName('mig'));
  const queue = names.work('email', 'normal');
  const plan = only([queue, names.delay(3)], planTopology({ names, queues: ['email'] }));
  const { broker } = await amqpClient(url);
  const old = { 'x-queue-type': 'quorum', 'x-delivery-limit': 7 };
  await broker.apply({
    ...plan,
    queues: plan.queues.map((one) => (one.name === queue ? { ...one, arguments: old } : one)),
  });
  await publishAll(
    broker.publisher(),
    ids(count).map((id) => job(names, id)),
  );
  return { names, plan, queue };
}

/** The part of a plan that these queues need: all of it, again and again, would take long. */
const only = (queues: readonly string[], plan: TopologyPlan): TopologyPlan => ({
  ...plan,
  queues: plan.queues.filter(({ name }) => queues.includes(name)),
  bindings: plan.bindings.filter(({ to }) => queues.includes(to)),
});

/** Only the routing key says which job it is, as others may publish it. */
const job = (names: Names, messageId: string) => ({
  ...{ exchange: names.priority('normal'), routingKey: 'email.welcome', mandatory: true },
  ...{ messageId, body: Buffer.from('{}'), headers: { baggage: 'b' } },
});

const migrate = ({ names, plan }: Old, onStep?: (step: MigrationStep) => void): Promise<QueueMigration[]> =>
  migrateTopology({ urls: [url], names, plan, onStep: (_, step) => onStep?.(step) });

/** What a worker would get: ids, in order. */
async function taken({ queue, plan }: Old): Promise<string[]> {
  const { broker, events } = await amqpClient(url);
  // What is there is what is planned: nothing has drifted.
  await broker.apply(plan);
  expect(events.filter(({ event }) => event === 'topology.drifted')).toEqual([]);
  const found: string[] = [];
  for (let next = await broker.pull(queue); next; next = await broker.pull(queue)) {
    expect(next.message).toMatchObject({ routingKey: 'email.welcome', headers: { baggage: 'b' } });
    found.push(next.message.messageId ?? '');
    next.ack();
  }
  return found;
}

async function interrupted(last: MigrationStep): Promise<void> {
  const old = await oldQueue(250);
  const killed = new Error(`killed after ${last}`);
  const dying = migrate(old, (step) => {
    if (step === last) throw killed;
  });
  await expect(dying).rejects.toBe(killed);
  await migrate(old);
  const found = await taken(old);
  // What had been moved and was not acknowledged yet comes twice.
  expect([...new Set(found)].toSorted()).toEqual(ids(250).toSorted());
  if (!last.startsWith('moved')) expect(found).toHaveLength(250);
  await expect(depthOf(old.names.holding(old.queue))).resolves.toBeUndefined();
}

async function depthOf(queue: string): Promise<number | undefined> {
  const { broker } = await amqpClient(url);
  await until('the connection', () => broker.state.name === 'connected');
  return (await broker.depth(queue))?.messages;
}

describe('a queue that was declared otherwise', () => {
  afterEach(stopAmqpClients);

  test('is made anew, with all that is in it and all that comes meanwhile', async () => {
    const old = await oldQueue(450);
    const { broker } = await amqpClient(url);
    const publisher = broker.publisher();
    const later: Promise<unknown>[] = [];
    const more = (step: string): void => {
      later.push(publishAll(publisher, [job(old.names, `${step}-${later.length}`)]).then((ends) => ends[0]));
    };
    const migrations = await migrate(old, more);
    expect(migrations.filter(({ kind }) => kind !== 'as-planned')).toEqual([
      expect.objectContaining({ kind: 'migrated', queue: old.queue, was: expect.stringContaining('x-d') as string }),
    ]);
    expect(new Set(await Promise.all(later))).toEqual(new Set(['confirmed']));
    const found = await taken(old);
    expect(found.filter((id) => id.startsWith('m') && !id.includes('-'))).toEqual(ids(450));
    expect(new Set(found).size).toBe(450 + later.length);
    expect((await migrate(old)).every(({ kind }) => kind === 'as-planned')).toBe(true);
  });

  test('loses nothing when the migration ends after any step, and goes on from there', async () => {
    await Promise.all(STEPS.map((step) => interrupted(step)));
  });

  test('is migrated by npm run topology migrate', async () => {
    const old = await oldQueue(5);
    const env = { PATH: process.env.PATH, AMQP_URL: url, SCUTWORK_PREFIX: old.names.prefix };
    const { stdout } = await run(
      process.execPath,
      [join(__dirname, '../../apps/cli/dist/main.js'), 'topology', 'migrate'],
      {
        env,
      },
    );
    expect(stdout).toContain(`${old.queue}: migrated, 10 messages moved`);
    expect(await taken(old)).toEqual(ids(5));
  });

  test('is left as it is while somebody consumes it, and so is what cannot be moved', async () => {
    const old = await oldQueue(3);
    const { names, plan } = old;
    const delay = names.delay(3);
    const connection = await connect(url);
    const channel = await connection.createChannel();
    await channel.deleteQueue(delay);
    await channel.assertQueue(delay, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await channel.consume(old.queue, () => undefined);
    const migrations = await migrateTopology({ urls: [url], names, plan });
    expect(migrations.filter(({ kind }) => kind !== 'as-planned')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'left', queue: delay }),
        expect.objectContaining({ kind: 'in-use', queue: old.queue, consumers: 1 }),
      ]),
    );
    await connection.close();
    await expect(depthOf(old.queue)).resolves.toBe(3);
  });
});
