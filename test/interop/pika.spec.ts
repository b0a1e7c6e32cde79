import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type Broker, type JobContext, PRIORITIES, defineJob } from '../../libs/jobs/src';
import { JobsWorld, type Witness } from '../support/jobs-world';
import { sharedBroker } from '../support/private-broker';
import { recordsOf } from '../support/records';
import { until } from '../support/until';
import { exited, linesOf, spawnWorker } from '../support/worker-process';
import { type ForeignMessage, publishFromPython, python } from './python';

const Welcome = defineJob({ type: 'email.welcome', payload: z.object({ to: z.string() }) });
const BODY = '{"to":"ada"}';

type Ran = Pick<
  JobContext,
  'id' | 'key' | 'attempt' | 'priority' | 'tags' | 'tenant' | 'correlationId' | 'maxAttempts'
> & {
  payload: unknown;
  at: number;
};

describe('a program in Python', () => {
  let world: JobsWorld;
  let ran: Ran[];
  let witness: Witness;
  let broker: Broker;

  beforeEach(async () => {
    world = new JobsWorld(sharedBroker().url);
    ran = [];
    ({ witness, broker } = await world.worker((handlers) => {
      handlers.register(Welcome, (payload, context) => {
        const { id, key, attempt, priority, tags, tenant, correlationId, maxAttempts } = context;
        ran.push({ id, key, attempt, priority, tags, tenant, correlationId, maxAttempts, payload, at: Date.now() });
        if (payload.to === 'nobody') throw new Error('no such address');
      });
    }));
  });
  afterEach(() => world.stop());

  const publish = (...messages: Partial<ForeignMessage>[]): Promise<string[]> =>
    publishFromPython(
      sharedBroker().url,
      messages.map((message) => ({
        exchange: world.names.door('normal'),
        key: 'email.welcome',
        body: BODY,
        ...message,
      })),
    );
  const runs = (count: number): Promise<Ran[]> => until(`${count} runs`, () => ran.length >= count && ran);
  const pulled = (queue: string) => until(`a message in ${queue}`, () => broker.pull(queue));

  test.each([
    ['the door', () => world.names.door('normal')],
    ['the priority exchange', () => world.names.priority('normal')],
  ])('submits a job by nothing more than key and body, by %s', async (_, exchange) => {
    expect(await publish({ exchange: exchange() })).toEqual(['taken']);
    const [run] = await runs(1);
    expect(run).toMatchObject({
      payload: { to: 'ada' },
      attempt: 1,
      priority: 'normal',
      key: undefined,
      maxAttempts: 3,
    });
    expect(run?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    const [completed] = await witness.waitFor('completed');
    expect(completed).toMatchObject({ id: run?.id });
    expect(ran).toHaveLength(1);
  });

  test('chooses the priority by the exchange', async () => {
    await publish(...PRIORITIES.map((priority) => ({ exchange: world.names.door(priority) })));
    expect(new Set((await runs(4)).map(({ priority }) => priority))).toEqual(new Set(PRIORITIES));
  });

  test('chooses the id: it stays as the key, and is the same UUID everywhere', async () => {
    await publish({ properties: { message_id: 'invoice-4711' } });
    expect(await runs(1)).toMatchObject([{ key: 'invoice-4711', id: 'e3e26a4c-847e-861a-853e-18ec51bde5b9' }]);
  });

  test('sets everything that the wire contract knows', async () => {
    const headers = {
      ...{ 'x-job-attempt': 2, 'x-job-max-attempts': '2', 'x-job-timeout': 10_000 },
      ...{ 'x-job-tags': 'eu, invoice', 'x-job-tenant': 'acme', 'x-job-expires-at': '2999-01-01T00:00:00+01:00' },
      ...{ 'x-job-backoff': '{"type":"fixed","delayMs":0}', 'x-shop': true },
    };
    const properties = { message_id: 'all', correlation_id: 'c', app_id: 'shop', type: 'email.welcome', timestamp: 5 };
    await publish({ properties: { ...properties, headers }, body: '{"to":"nobody"}' });
    expect(await runs(1)).toMatchObject([
      { key: 'all', attempt: 2, maxAttempts: 2, tags: ['eu', 'invoice'], tenant: 'acme', correlationId: 'c' },
    ]);
    const [dead] = await witness.waitFor('dead');
    expect(dead).toMatchObject({ reason: 'attempts_exhausted', failure: { message: 'no such address' } });
    const letter = await pulled(world.names.dead('email'));
    expect(letter.message).toMatchObject({ messageId: 'all', appId: 'shop', headers: { 'x-shop': true } });
  });

  test('delays a job by a header', async () => {
    const before = Date.now();
    await publish({ properties: { headers: { 'x-job-delay': 700 } } }, { properties: { message_id: 'now' } });
    const [first, second] = await runs(2);
    expect([first?.key, second?.key]).toEqual(['now', undefined]);
    expect((second?.at ?? 0) - before).toBeGreaterThanOrEqual(700);
    const [deferred] = witness.all('deferred');
    expect(deferred).toMatchObject({ delayMs: 700, reason: 'delay' });
  });

  test('has its job recorded with its payload, also where it must wait first', async () => {
    const records = await recordsOf(world);
    await publish({ properties: { message_id: 'late', headers: { 'x-job-delay': 200 } } });
    await witness.waitFor('completed');
    const lines = await until('its records', async () => {
      const read = await records.read();
      return read.some(({ event }) => event === 'completed') && read.some(({ event }) => event === 'submitted') && read;
    });
    const submitted = lines.filter(({ event }) => event === 'submitted');
    expect(submitted).toMatchObject([{ key: 'late', type: 'email.welcome', payload: BODY }]);
  });

  test('signs as the example does, where it must; what it has not signed is dead', async () => {
    const key = 'k'.repeat(40);
    const Greeting = defineJob({ type: 'greeting.send', payload: z.object({ name: z.string() }) });
    const names: string[] = [];
    const greeted = await world.worker((handlers) => handlers.register(Greeting, ({ name }) => void names.push(name)), {
      publisherKeys: { shop: [key] },
    });
    const script = join(__dirname, '../../examples/05-publish-from-python/publish_signed.py');
    await python(script, [sharedBroker().url, 'shop', key, world.names.prefix]);
    await until('the greeting', () => names.length > 0);
    await python(script, [sharedBroker().url, 'shop', `${key}!`, world.names.prefix]);
    await publish({ key: 'greeting.send', body: '{"name":"Eve"}' });
    const dead = await greeted.witness.waitFor('dead', 2);
    expect(dead.map(({ reason }) => reason)).toEqual(['signature_invalid', 'signature_invalid']);
    expect(names).toEqual(['Grace']);
  });

  test('may print its JSON prettily', async () => {
    await publish({ body: '{\n  "to": "ada"\n}\n' });
    expect(await runs(1)).toMatchObject([{ payload: { to: 'ada' } }]);
  });

  test.each([
    ['that is not JSON', 'to=ada', 'payload_invalid'],
    ['that does not match the schema', '{"to":7}', 'payload_invalid'],
    ['that is empty', '', 'payload_invalid'],
  ])('has a body %s dead-lettered, with the reason', async (_, body, reason) => {
    await publish({ body, properties: { message_id: 'bad' } });
    const { message } = await pulled(world.names.dead('email'));
    expect(message).toMatchObject({ messageId: 'bad', headers: { 'x-job-dead-reason': reason } });
    expect(message.body.toString()).toBe(body);
    expect(ran).toEqual([]);
  });

  test('has a message with a wrong header dead-lettered, and the header named', async () => {
    await publish({ properties: { headers: { 'x-job-attempt': 'first' } } });
    const { message } = await pulled(world.names.dead('email'));
    expect(message.headers['x-job-dead-reason']).toBe('message_invalid');
    expect(String(message.headers['x-job-error'])).toContain('x-job-attempt');
    expect(ran).toEqual([]);
  });

  test('has a job of a queue that nobody knows kept in the stray queue, or is told where it asks', async () => {
    const unknown = { key: 'fax.send', properties: { message_id: 'lost' } };
    expect(await publish(unknown)).toEqual(['taken']);
    expect((await pulled(world.names.stray)).message).toMatchObject({ messageId: 'lost', routingKey: 'fax.send' });
    expect(await publish({ ...unknown, exchange: world.names.priority('normal') })).toEqual(['returned']);
  });

  test('that puts a message straight into a queue, without a type, stops nobody else', async () => {
    const queue = world.names.work('email', 'normal');
    const past = Array.from({ length: 30 }, () => ({ exchange: '', key: queue }));
    expect(await publish(...past, {})).toEqual(Array.from({ length: 31 }, () => 'taken'));
    expect(await runs(1)).toMatchObject([{ payload: { to: 'ada' } }]);
    await witness.waitFor('dead', 30);
    expect(witness.all('dead').every(({ reason }) => reason === 'message_invalid')).toBe(true);
  });

  test('that gives no ids has each of its jobs run under one id', async () => {
    const records = await recordsOf(world);
    await publish(...Array.from({ length: 20 }, () => ({})));
    await runs(20);
    const lines = await until('20 completed', async () => {
      const read = await records.read();
      return idsOf(read, 'completed').size === 20 && read;
    });
    expect(idsOf(lines, 'adopted')).toEqual(idsOf(lines, 'completed'));
  });

  // Killed between the confirm of the message with the id and the acknowledgement of the one without, a worker leaves
  // both: nothing in a nameless message tells that it is the same job, so it may run twice, and then under two ids.
  test('that gives no ids loses no job when the worker is killed, and no id is left without its end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'scutwork-adopted-'));
    const log = join(folder, 'log');
    const spawn = () => spawnWorker({ url: sharedBroker().url, prefix: world.names.prefix, log });
    const ended = () => new Set(linesOf(log).filter((line) => line.startsWith('end '))).size;
    const records = await recordsOf(world);
    const numbers = Array.from({ length: 20 }, (_, number) => number);
    const first = spawn();
    await until('a worker', () => linesOf(log).includes('ready'));
    await publish(
      ...numbers.map((number) => ({ key: 'crash.innocent', body: JSON.stringify({ number, takesMs: 300 }) })),
    );
    await until('a job that ended', () => ended() > 0);
    first.kill('SIGKILL');
    await exited(first);
    const second = spawn();
    await until('every job to end', () => ended() === 20);
    const lines = await until('the end of every id', async () => {
      const read = await records.read();
      const completed = idsOf(read, 'completed');
      return completed.size >= 20 && [...idsOf(read, 'adopted')].every((id) => completed.has(id)) && read;
    });
    expect(idsOf(lines, 'completed')).toEqual(idsOf(lines, 'adopted'));
    second.kill('SIGTERM');
    await exited(second);
    rmSync(folder, { recursive: true });
  });
});

const idsOf = (lines: readonly { event: string; id?: string }[], name: string) =>
  new Set(lines.filter(({ event }) => event === name).map(({ id }) => id));
