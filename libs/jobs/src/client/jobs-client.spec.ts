import { z } from 'zod';
import type { Broker } from '../broker/broker';
import type { Delivery } from '../broker/delivery';
import { type MemoryWorld, memoryWorld } from '../broker/memory/memory-broker';
import { type AnyJob, defineJob } from '../contracts/define-job';
import type { JobOptions } from '../contracts/options';
import { fakeClock } from '../testing/fake-clock';
import { namesFor } from '../topology/names';
import { planTopology } from '../topology/plan';
import type { JobsClientOptions } from './client-options';
import { JobsClient } from './jobs-client';

const Welcome = defineJob({
  type: 'email.welcome',
  payload: z.object({ to: z.string(), lang: z.string().default('en') }),
});
const Alert = defineJob({ type: 'email.alert', payload: z.object({ to: z.string() }), priority: 'critical' });
const Slow = defineJob({ type: 'email.slow', payload: z.string().refine((text) => Promise.resolve(text === 'yes')) });
const Report = defineJob({ type: 'report.daily', payload: z.object({}) });

const names = namesFor();
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function broker(world: MemoryWorld): Broker {
  const connected = world.connect();
  stops.push(() => connected.stop({ deadlineMs: 0 }));
  return connected;
}

async function stage(changes: Partial<JobsClientOptions> = {}, jobs: AnyJob[] = [Welcome, Alert, Slow]) {
  const world = memoryWorld();
  const client = new JobsClient({ broker: broker(world), jobs, ...changes });
  stops.push(() => client.stop({ deadlineMs: 0 }));
  await client.start();
  await client.ensureTopology();
  const other = broker(world);
  await other.start();
  const pull = async (queue: string): Promise<Delivery['message'] | undefined> => (await other.pull(queue))?.message;
  return { world, client, other, pull };
}

describe('adding a job', () => {
  test('puts its payload, and nothing else, into the queue of its type and priority', async () => {
    const { client, pull } = await stage({ appId: 'shop', records: 'off' });
    const added = await client.add(Welcome, { to: 'ada' });
    expect(added).toEqual({ id: expect.any(String), type: 'email.welcome', queue: 'email', state: 'waiting' });
    expect(await pull(names.work('email', 'normal'))).toMatchObject({
      ...{ messageId: added.id, type: 'email.welcome', appId: 'shop', routingKey: 'email', headers: {} },
      body: Buffer.from('{"to":"ada"}'),
    });
  });

  test('takes the priority of the job before that of its type', async () => {
    const { client, pull } = await stage();
    await client.add(Alert, { to: 'ada' });
    await client.add(Alert, { to: 'bob' }, { priority: 20 });
    expect(String((await pull(names.work('email', 'critical')))?.body)).toContain('ada');
    expect(String((await pull(names.work('email', 'low')))?.body)).toContain('bob');
  });

  test('carries in headers what was set for this job alone', async () => {
    const clock = fakeClock();
    const { client, pull } = await stage({ clock });
    const options: JobOptions = { attempts: 9, backoff: 10, timeout: '1m', tags: ['eu'], tenant: 'acme' };
    await client.add(Alert, { to: 'ada' }, { ...options, correlationId: 'c', expiresAt: new Date(clock.now() + 1) });
    expect(await pull(names.work('email', 'critical'))).toMatchObject({
      correlationId: 'c',
      timestamp: clock.now() / 1_000,
      headers: {
        ...{ 'x-job-max-attempts': 9, 'x-job-timeout': 60_000, 'x-job-tags': 'eu', 'x-job-tenant': 'acme' },
        ...{ 'x-job-backoff': '{"type":"fixed","delayMs":10,"jitter":0}', 'x-job-recorded': true },
        'x-job-expires-at': '2030-01-01T00:00:00.001Z',
      },
    });
  });

  test('keeps a custom id, however many bytes its letters take', async () => {
    const { client, pull } = await stage();
    for (const key of ['invoice-4711', '漢'.repeat(128)]) {
      const added = await client.add(Welcome, { to: 'ada' }, { id: key });
      expect(added.key).toBe(key);
      const message = await pull(names.work('email', 'normal'));
      expect([message?.messageId, message?.headers['x-job-key']]).toContain(key);
    }
  });

  test('with a delay is delayed, and goes into the ladder', async () => {
    const { client, other } = await stage();
    await expect(client.add(Welcome, { to: 'ada' }, { delay: '10 days' })).resolves.toMatchObject({ state: 'delayed' });
    const depths = await Promise.all(Array.from({ length: 28 }, (_, bit) => other.depth(names.delay(bit))));
    expect(depths.reduce((sum, depth) => sum + (depth?.messages ?? 0), 0)).toBe(1);
  });

  test('waits for a schema that takes its time', async () => {
    const { client } = await stage();
    await expect(client.add(Slow, 'yes')).resolves.toMatchObject({ state: 'waiting' });
    await expect(client.add(Slow, 'no')).rejects.toMatchObject({ code: 'payload_invalid' });
  });
});

describe('a job that is not right is refused, and nothing is published', () => {
  const cycle: Record<string, unknown> = { to: 'ada' };
  cycle.self = cycle;
  const Any = defineJob({ type: 'email.any', payload: z.unknown() });
  test.each<[string, AnyJob, unknown, JobOptions | undefined, object]>([
    ['a wrong payload', Welcome, { to: 1 }, undefined, { code: 'payload_invalid', field: 'payload.to' }],
    ['a cycle', Any, cycle, undefined, { code: 'payload_not_json', field: 'payload' }],
    ['no payload', Any, undefined, undefined, { code: 'payload_not_json', field: 'payload' }],
    ['a large payload', Any, 'x'.repeat(1_048_577), undefined, { code: 'payload_too_large', field: 'payload' }],
    ['many letters of several bytes', Any, '漢'.repeat(400_000), undefined, { code: 'payload_too_large' }],
    ['a negative delay', Welcome, { to: 'a' }, { delay: -1 }, { code: 'delay_invalid', field: 'options.delay' }],
    ['an empty id', Welcome, { to: 'a' }, { id: '' }, { code: 'id_invalid', field: 'options.id' }],
  ])('%s', async (_, job, payload, options, error) => {
    const { client, other } = await stage();
    await expect(client.add(job, payload, options)).rejects.toMatchObject(error);
    expect(await other.depth(names.work('email', 'normal'))).toMatchObject({ messages: 0 });
  });

  test('a payload of exactly the limit is taken', async () => {
    const { client } = await stage({ maxPayloadBytes: 20 });
    await expect(client.add(Any, 'x'.repeat(18))).resolves.toBeDefined();
    await expect(client.add(Any, 'x'.repeat(19))).rejects.toMatchObject({ code: 'payload_too_large' });
  });
});

describe('a job that the broker does not take', () => {
  test('is refused by name where no queue of its type exists', async () => {
    const { client } = await stage();
    await expect(client.add(Report, {})).rejects.toMatchObject({
      ...{ name: 'JobNotAccepted', code: 'no_queue', outcome: 'refused', field: 'type', hint: expect.any(String) },
      message: expect.stringContaining('report.daily'),
    });
  });

  test('is refused where its queue refuses it', async () => {
    const { client, world } = await stage();
    world.refuse(names.work('email', 'normal'));
    await expect(client.add(Welcome, { to: 'ada' }, { id: 'mine' })).rejects.toMatchObject({
      ...{ code: 'publish_nacked', outcome: 'refused', message: expect.stringContaining('mine') },
    });
  });

  test('is refused at its deadline where the broker cannot be reached', async () => {
    const { client, world } = await stage({ publisher: { deadlineMs: 50 } });
    world.goAway();
    await expect(client.add(Welcome, { to: 'ada' })).rejects.toMatchObject({ code: 'broker_unreachable' });
  });

  test('tells the id by which it can be added again', async () => {
    const { client, world, pull } = await stage({ publisher: { deadlineMs: 50 } });
    world.goAway();
    const refused = await client.add(Welcome, { to: 'ada' }, { id: 'mine' }).catch((e: unknown) => e);
    const { jobId } = refused as { jobId: string };
    world.comeBack();
    const again = await client.add(Welcome, { to: 'ada' }, { id: jobId });
    expect(again.id).toBe(jobId);
    expect(await pull(names.work('email', 'normal'))).toBeDefined();
  });
});

describe('adding many', () => {
  test('gives the ids in the order of the input', async () => {
    const { client, other } = await stage();
    const entries = Array.from({ length: 2_500 }, (_, n) => ({
      payload: { to: String(n) },
      options: { id: `job-${n}` },
    }));
    const { ids, failures } = await client.addMany(Welcome, entries);
    const one = await client.add(Welcome, { to: 'x' }, { id: 'job-1234' });
    expect([ids.length, ids[1_234], failures]).toEqual([2_500, one.id, []]);
    expect(await other.depth(names.work('email', 'normal'))).toMatchObject({ messages: 2_501 });
  });

  test('publishes nothing where one entry is wrong, and names it', async () => {
    const { client, other } = await stage();
    const entries = [{ payload: { to: 'ada' } }, { payload: { to: 7 as unknown as string } }];
    await expect(client.addMany(Welcome, entries)).rejects.toMatchObject({
      code: 'payload_invalid',
      field: 'jobs[1].payload.to',
    });
    await expect(client.addManyNamed([{ type: 'email.nothing', payload: 1 }])).rejects.toMatchObject({
      code: 'type_unknown',
      field: 'jobs[0].type',
    });
    expect(await other.depth(names.work('email', 'normal'))).toMatchObject({ messages: 0 });
  });

  test('reports the part that was not taken, by its place', async () => {
    const { client, world } = await stage();
    world.refuse(names.work('email', 'critical'));
    const { ids, failures } = await client.addManyNamed([
      { type: 'email.welcome', payload: { to: 'ada' } },
      { type: 'email.alert', payload: { to: 'bob' } },
      { type: 'email.welcome', payload: { to: 'eve' } },
    ]);
    expect(ids).toHaveLength(3);
    expect(failures).toEqual([{ index: 1, error: expect.objectContaining({ code: 'publish_nacked', jobId: ids[1] }) }]);
  });

  test('of none is nothing', async () => {
    const { client } = await stage();
    await expect(client.addMany(Welcome, [])).resolves.toEqual({ ids: [], failures: [] });
  });
});

describe('a client', () => {
  test('knows its types by name', async () => {
    const { client } = await stage();
    await expect(client.addNamed('email.welcome', { to: 'ada' })).resolves.toMatchObject({ type: 'email.welcome' });
    await expect(client.addNamed('email.none', {})).rejects.toMatchObject({
      code: 'type_unknown',
      field: 'type',
      hint: expect.stringContaining('email.alert, email.slow, email.welcome'),
    });
  });

  test('that is not started, or stopped, takes nothing and says so', async () => {
    const client = new JobsClient({ broker: memoryWorld().connect(), jobs: [Welcome] });
    await client.stop();
    await expect(client.add(Welcome, { to: 'ada' })).rejects.toMatchObject({ code: 'client_stopped' });
    const { client: used } = await stage();
    await used.stop();
    await used.stop();
    await expect(used.add(Welcome, { to: 'ada' })).rejects.toMatchObject({ code: 'client_stopped' });
  });

  test('that is just being started leaves no job unanswered', async () => {
    const client = new JobsClient({ broker: broker(memoryWorld()), jobs: [Welcome] });
    stops.push(() => client.stop({ deadlineMs: 0 }));
    const started = client.start();
    await expect(client.add(Welcome, { to: 'ada' })).rejects.toMatchObject({ code: 'client_stopped' });
    await started;
  });

  test('that is stopped while it starts stays stopped', async () => {
    const client = new JobsClient({ broker: broker(memoryWorld()), jobs: [Welcome] });
    const started = client.start();
    await client.stop();
    await started;
    await expect(client.add(Welcome, { to: 'ada' })).rejects.toMatchObject({ code: 'client_stopped' });
  });

  test('without the permission to declare leaves the queues to others', async () => {
    const { client, other } = await stage({ declare: false });
    await client.ensureTopology();
    expect(await other.depth(names.work('email', 'normal'))).toBeUndefined();
  });

  test('records what was added, behind its confirm, and all of it before it stops', async () => {
    const { client, other } = await stage();
    const ledger = {
      name: 'jobs.ledger',
      type: 'quorum' as const,
      arguments: { 'x-queue-type': 'quorum' },
      purpose: '',
    };
    await other.apply({
      ...planTopology({ names, queues: [] }),
      queues: [ledger],
      bindings: [{ from: names.records, to: 'jobs.ledger', toKind: 'queue', key: '' }],
    });
    await client.add(Welcome, { to: 'ada' }, { id: 'mine', tags: ['eu'] });
    await client.stop();
    const batch = await other.pull('jobs.ledger');
    expect(JSON.parse(String(batch?.message.body))).toMatchObject({
      ...{ event: 'submitted', key: 'mine', type: 'email.welcome', priority: 'normal', delayMs: 0, tags: ['eu'] },
      payload: '{"to":"ada"}',
    });
  });
});
