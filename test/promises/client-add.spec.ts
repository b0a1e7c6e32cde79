import { z } from 'zod';
import { JobNotAccepted, defineJob } from '../../libs/jobs/src';
import type { PrivateRabbitMq } from '../../libs/local/src';
import { JobsWorld } from '../support/jobs-world';
import { startOwnBroker } from '../support/private-broker';
import { recordsOf } from '../support/records';
import { until } from '../support/until';

const Task = defineJob({ type: 'add.task', payload: z.object({ n: z.number() }) });
const FULL = { 'x-queue-type': 'quorum', 'x-max-length': 1, 'x-overflow': 'reject-publish' };

describe('adding a job ends in one of three ways, always with its id', () => {
  let broker: PrivateRabbitMq;
  let world: JobsWorld;
  beforeAll(async () => {
    broker = await startOwnBroker();
  });
  afterAll(() => broker.stop());
  beforeEach(() => {
    world = new JobsWorld(broker.url);
  });
  afterEach(() => world.stop());

  const refusal = async (adding: Promise<unknown>): Promise<JobNotAccepted> =>
    adding.then(
      () => Promise.reject(new Error('it was accepted')),
      (error: unknown) => {
        if (error instanceof JobNotAccepted) return error;
        throw error;
      },
    );

  it('accepted: it is on the broker, with its id, its type and nothing but its payload as the body', async () => {
    const client = await world.client([Task], { appId: 'shop' });
    const added = await client.add(
      Task,
      { n: 1 },
      { correlationId: 'c-1', tags: ['a', 'b'], tenant: 't', attempts: 5 },
    );
    expect(added).toMatchObject({ type: 'add.task', queue: 'add', state: 'waiting' });
    const stored = await (await world.broker()).pull(world.names.work('add', 'normal'));
    expect(stored?.message).toMatchObject({
      ...{ messageId: added.id, type: 'add.task', correlationId: 'c-1', appId: 'shop', routingKey: 'add' },
      headers: { 'x-job-tags': 'a,b', 'x-job-tenant': 't', 'x-job-max-attempts': 5, 'x-job-recorded': true },
    });
    expect(stored?.message.body.toString()).toBe('{"n":1}');
  });

  it('refused, when no queue takes it', async () => {
    const client = await world.client([], { declare: true });
    const error = await refusal(client.add(Task, { n: 1 }));
    expect(error).toMatchObject({
      code: 'no_queue',
      outcome: 'refused',
      jobId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(error.hint).toContain('start one that knows it');
  });

  it('refused, when a queue refuses it', async () => {
    const client = await world.client([]);
    const queue = `${world.names.prefix}.foreign`;
    await (
      await world.broker()
    ).apply({
      exchanges: [],
      queues: [{ name: queue, type: 'quorum', arguments: FULL, purpose: 'full' }],
      bindings: [{ from: world.names.direct('normal'), to: queue, toKind: 'queue', key: 'add' }],
    });
    // A quorum queue notices a little late that it is full.
    const refused = await until('a refusal', () =>
      client.add(Task, { n: 1 }).then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    expect(refused).toMatchObject({ code: 'publish_nacked', outcome: 'refused' });
  });

  it('unknown, when the confirm does not come in time; adding it again with that id makes no second job', async () => {
    const client = await world.client([Task], { publisher: { deadlineMs: 500 } });
    await broker.ctl('set_vm_memory_high_watermark', '0');
    const error = await refusal(client.add(Task, { n: 1 }));
    await broker.ctl('set_vm_memory_high_watermark', '0.4');
    // The first publish under an alarm is on its way before the broker says that it blocks.
    expect(error).toMatchObject({ outcome: 'unknown', code: 'publish_unknown' });
    expect(error.hint).toContain('options.id');
    const again = await until('acceptance', () =>
      client.add(Task, { n: 1 }, { id: error.jobId }).catch(() => undefined),
    );
    expect(again.id).toBe(error.jobId);
  });

  it('refused, when the broker cannot be reached in time', async () => {
    const client = await world.client([Task], { publisher: { deadlineMs: 700 } });
    await broker.kill();
    // What is under way when the broker dies has an unknown end; what comes after is refused.
    const error = await until('a refusal', async () => {
      const ended = await refusal(client.add(Task, { n: 1 }));
      return ended.outcome === 'refused' && ended;
    });
    await broker.restart();
    expect(error).toMatchObject({ outcome: 'refused', code: 'broker_unreachable' });
  });

  it('refused, when more is added than the buffer holds; addMany waits instead', async () => {
    const client = await world.client([Task], { publisher: { window: 10, bufferMessages: 20, deadlineMs: 20_000 } });
    const outcomes = await Promise.allSettled(Array.from({ length: 200 }, (_, n) => client.add(Task, { n })));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'buffer_full', outcome: 'refused' });
    const { failures } = await client.addMany(
      Task,
      Array.from({ length: 5_000 }, (_, n) => ({ payload: { n } })),
    );
    expect(failures).toEqual([]);
  });

  it('10,000 at once: the ids in the order of the input, each job once, and each recorded', async () => {
    const ledger = await recordsOf(world);
    const client = await world.client([Task]);
    const { ids, failures } = await client.addMany(
      Task,
      Array.from({ length: 10_000 }, (_, n) => ({ payload: { n } })),
    );
    expect(failures).toEqual([]);
    expect(new Set(ids).size).toBe(10_000);
    const byId = new Map<string, number>();
    const { witness } = await world.worker(
      (handlers) => handlers.register(Task, ({ n }, context) => void byId.set(context.id, n)),
      { queues: { add: { concurrency: 100 } } },
    );
    await witness.waitFor('completed', 10_000);
    expect(ids.map((id) => byId.get(id))).toEqual(Array.from({ length: 10_000 }, (_, n) => n));
    await until(
      'every job recorded',
      async () => (await ledger.read()).filter((line) => line.event === 'submitted').length === 10_000,
    );
  });

  it('nothing of a batch is added when one entry is wrong, and the error names entry and field', async () => {
    const client = await world.client([Task]);
    const wrong = client.addManyNamed([
      { type: 'add.task', payload: { n: 1 } },
      { type: 'add.task', payload: { n: 'two' } },
    ]);
    await expect(wrong).rejects.toMatchObject({ code: 'payload_invalid', field: 'jobs[1].payload.n' });
    await expect(client.addNamed('add.nothing', {})).rejects.toMatchObject({ code: 'type_unknown', field: 'type' });
    await expect((await world.broker()).depth(world.names.work('add', 'normal'))).resolves.toMatchObject({
      messages: 0,
    });
  });
});
