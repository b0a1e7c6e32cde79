import { Logger } from '@nestjs/common';
import {
  type ClientProxy,
  ClientProxyFactory,
  type RmqOptions,
  RmqRecordBuilder,
  Transport,
} from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { z } from 'zod';
import { type Broker, type JobContext, defineJob } from '../../libs/jobs/src';
import { JobsWorld, type Witness } from '../support/jobs-world';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';

const Welcome = defineJob({ type: 'email.welcome', payload: z.object({ to: z.string() }) });

describe("Nest's own ClientProxy", () => {
  let world: JobsWorld;
  let witness: Witness;
  let broker: Broker;
  let proxy: ClientProxy | undefined;
  const ran: { payload: unknown; context: JobContext }[] = [];

  beforeAll(() => {
    Logger.overrideLogger(['error']);
  });
  beforeEach(async () => {
    world = new JobsWorld(sharedBroker().url);
    ran.length = 0;
    ({ witness, broker } = await world.worker((handlers) => {
      handlers.register(Welcome, (payload, context) => void ran.push({ payload, context }));
    }));
  });
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
    await world.stop();
  });

  /** `send` is not for jobs: a worker does not reply. */
  async function emit(options: RmqOptions['options'], pattern: string, data: unknown): Promise<void> {
    proxy = ClientProxyFactory.create({
      transport: Transport.RMQ,
      options: { urls: [sharedBroker().url], ...options },
    });
    await lastValueFrom(proxy.emit(pattern, data), { defaultValue: undefined });
  }
  const runs = (count: number) => until(`${count} runs`, () => ran.length >= count && ran);

  const byExchange = () => ({
    exchange: world.names.priority('high'),
    exchangeType: 'topic' as const,
    wildcards: true,
  });
  const byQueue = () => ({ queue: world.names.work('email', 'low'), noAssert: true });

  test('adds a job by an exchange, its pattern the type, its data the payload', async () => {
    await emit(byExchange(), 'email.welcome', { to: 'ada' });
    expect(await runs(1)).toMatchObject([{ payload: { to: 'ada' }, context: { priority: 'high', attempt: 1 } }]);
    expect(ran[0]?.context.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    await witness.waitFor('completed');
  });

  test('adds a job by a door, where it is told of the alternate exchange', async () => {
    const door = { ...byExchange(), exchange: world.names.door('low') };
    await emit({ ...door, exchangeArguments: { 'alternate-exchange': world.names.stray } }, 'email.welcome', {
      to: 'ada',
    });
    expect(await runs(1)).toMatchObject([{ payload: { to: 'ada' }, context: { priority: 'low' } }]);
  });

  test('adds a job by the name of its queue', async () => {
    await emit(byQueue(), 'email.welcome', { to: 'ada' });
    expect(await runs(1)).toMatchObject([
      { payload: { to: 'ada' }, context: { priority: 'low', type: 'email.welcome' } },
    ]);
  });

  test('gives an id and headers by a record', async () => {
    const headers = { 'x-job-delay': '300', 'x-job-tenant': 'acme' };
    const record = new RmqRecordBuilder({ to: 'ada' }).setOptions({ messageId: 'invoice-4711', headers }).build();
    for (const way of [byExchange(), byQueue()]) {
      await emit(way, 'email.welcome', record);
      await proxy?.close();
    }
    const keys = (await runs(2)).map(({ context }) => [context.key, context.tenant]);
    expect(keys).toEqual([
      ['invoice-4711', 'acme'],
      ['invoice-4711', 'acme'],
    ]);
    expect(witness.all('deferred')).toHaveLength(2);
  });

  test('has a wrong payload dead-lettered, and the field named', async () => {
    await emit(byExchange(), 'email.welcome', { to: 7 });
    const [dead] = await witness.waitFor('dead');
    expect(dead).toMatchObject({
      reason: 'payload_invalid',
      failure: { message: expect.stringContaining('payload.to') },
    });
    expect(await until('its dead letter', () => broker.pull(world.names.dead('email')))).toBeDefined();
    expect(ran).toEqual([]);
  });

  test.each(['userCreated', 'report.daily'])(
    'has the pattern %p in the queue of others dead-lettered',
    async (pattern) => {
      await emit(byQueue(), pattern, { to: 'ada' });
      await expect(witness.waitFor('dead')).resolves.toMatchObject([{ reason: 'message_invalid' }]);
      expect(ran).toEqual([]);
    },
  );
});
