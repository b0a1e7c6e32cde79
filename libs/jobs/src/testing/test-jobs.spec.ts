import { z } from 'zod';
import { JobsClient } from '../client/jobs-client';
import { defineJob } from '../contracts/define-job';
import { RetryAfterError, UnrecoverableError } from '../contracts/errors';
import { Handlers } from '../worker/handlers';
import { Worker } from '../worker/worker';
import { type TestJobs, type TestJobsOptions, testJobs } from './index';

const Welcome = defineJob({
  type: 'email.welcome',
  payload: z.object({ to: z.string(), name: z.string().default('you'), at: z.date().optional() }),
  attempts: 3,
  backoff: { type: 'exponential', delay: '2s' },
});
const Report = defineJob({ type: 'report.daily', payload: z.object({ days: z.array(z.number()) }) });

describe('the test kit', () => {
  let kit: TestJobs;
  const start = async (options: TestJobsOptions = {}): Promise<TestJobs> => (kit = await testJobs(options));
  afterEach(() => kit.stop());

  describe('tells what was enqueued', () => {
    it('by type and by the named members of the payload', async () => {
      await start({ jobs: [Welcome, Report] });
      await kit.client.add(Welcome, { to: 'ada@example.org' }, { delay: '5m', priority: 'high', id: 'w-1' });
      await kit.client.add(Welcome, { to: 'bob@example.org', name: 'Bob' });
      await kit.client.add(Report, { days: [1, 2] });

      const [ada] = kit.expectEnqueued(
        Welcome,
        { to: 'ada@example.org' },
        { delayMs: 300_000, priority: 'high', times: 1 },
      );
      expect(ada).toMatchObject({ key: 'w-1', queue: 'email', addedAt: kit.clock.now(), tags: [] });
      kit.expectEnqueued(Welcome, undefined, { times: 2 });
      kit.expectEnqueued(Report, { days: [1, 2] });
      kit.expectNotEnqueued(Welcome, { to: 'eve@example.org' });
      expect(kit.enqueued().map((job) => job.type)).toEqual(['email.welcome', 'email.welcome', 'report.daily']);
      expect(kit.enqueued(Report).map((job) => job.payload.days)).toEqual([[1, 2]]);
    });

    it('as JSON made it', async () => {
      await start({ jobs: [Welcome] });
      const at = new Date('2030-05-01T10:00:00Z');
      await kit.client.add(Welcome, { to: 'a', at });
      kit.expectEnqueued(Welcome, { at });
      expect(kit.enqueued()[0]?.payload).toEqual({ to: 'a', at: '2030-05-01T10:00:00.000Z' });
    });

    it('and what was there in its place, when it was not', async () => {
      await start({ jobs: [Welcome, Report] });
      expect(() => kit.expectEnqueued(Welcome)).toThrow('No email.welcome were enqueued.\nNothing was enqueued.');
      await kit.client.add(Report, { days: [7] });
      expect(() => kit.expectEnqueued(Welcome, { to: 'a' })).toThrow('Enqueued were: report.daily.');
      await kit.client.add(Welcome, { to: 'bob' });
      expect(() => kit.expectEnqueued(Welcome, { to: 'a' })).toThrow(
        /"a"[^]*1\. \{"to":"bob"\} \(payload\.to is "bob"\)/,
      );
      expect(() => kit.expectEnqueued(Welcome, { to: 'bob' }, { times: 2 })).toThrow('1, not 2, email.welcome');
      expect(() => kit.expectEnqueued(Welcome, {}, { priority: 'low' })).toThrow('job.priority is "normal"');
      expect(() => kit.expectEnqueued(Report, { days: [7, 8] })).toThrow('payload.days is [7]');
      expect(() => kit.expectNotEnqueued(Welcome, { to: 'bob' })).toThrow('was enqueued');
    });

    it('also after it has run, once for all its attempts, until it is forgotten', async () => {
      const handlers = new Handlers();
      handlers.register(Welcome, () => {
        throw new Error('no');
      });
      await start({ handlers });
      await kit.client.add(Welcome, { to: 'a' });
      await kit.advance('1m');
      kit.expectEnqueued(Welcome, { to: 'a' }, { times: 1 });
      kit.forgetEnqueued();
      expect(kit.enqueued()).toEqual([]);
    });
  });

  describe('runs jobs inline', () => {
    it('only when it is told to, highest priority first', async () => {
      const order: string[] = [];
      const handlers = new Handlers();
      handlers.register(Welcome, ({ to, name }) => void order.push(`${to} ${name}`));
      handlers.register(Report, ({ days }) => days.length);
      await start({ handlers });
      await kit.client.add(Welcome, { to: 'low' }, { priority: 'low' });
      await kit.client.add(Report, { days: [1, 2] });
      await kit.client.add(Welcome, { to: 'critical' }, { priority: 'critical' });
      expect(order).toEqual([]);

      const runs = await kit.drain();
      expect(order).toEqual(['critical you', 'low you']);
      expect(runs.map(({ type, outcome, attempt }) => [type, outcome, attempt])).toEqual([
        ['email.welcome', 'completed', 1],
        ['report.daily', 'completed', 1],
        ['email.welcome', 'completed', 1],
      ]);
      expect(runs[1]?.result).toBe(2);
      expect(await kit.drain()).toEqual([]);
    });

    it('of one queue alone, and of none that has no handler', async () => {
      const handlers = new Handlers();
      handlers.register(Welcome, () => undefined);
      handlers.register(Report, () => undefined);
      await start({ handlers });
      await kit.client.add(Welcome, { to: 'a' });
      await kit.client.add(Report, { days: [] });
      expect((await kit.drain('report')).map((run) => run.type)).toEqual(['report.daily']);
      expect((await kit.drain()).map((run) => run.type)).toEqual(['email.welcome']);
      await expect(kit.drain('repotr')).rejects.toThrow('"repotr"; they work email, report');
    });

    it('with all they add', async () => {
      const handlers = new Handlers();
      handlers.register(Welcome, () => undefined);
      handlers.register(Report, async ({ days }) => {
        for (const day of days) await kit.client.add(Welcome, { to: `day ${day}` });
      });
      await start({ handlers });
      await kit.client.add(Report, { days: [1, 2, 3] });
      expect((await kit.drain()).map((run) => run.outcome)).toEqual(Array(4).fill('completed'));
    });

    it('waiting for handlers that do real work', async () => {
      const handlers = new Handlers();
      handlers.register(Welcome, () => new Promise((resolve) => setTimeout(() => resolve('late'), 50)));
      await start({ handlers });
      await kit.client.add(Welcome, { to: 'a' });
      const [run] = await kit.drain();
      expect(run?.result).toBe('late');
    });

    it('and does not run for ever', async () => {
      const handlers = new Handlers();
      handlers.register(Welcome, () => kit.client.add(Welcome, { to: 'me again' }));
      await start({ handlers });
      await kit.client.add(Welcome, { to: 'a' });
      await expect(kit.drain()).rejects.toThrow('does a job add itself?');
    });

    it('with what they log, tell and fail with', async () => {
      const handlers = new Handlers();
      handlers.register(Welcome, (_, context) => {
        context.log('info', 'trying', { attempt: context.attempt });
        context.progress(50);
        throw new UnrecoverableError('the account was closed');
      });
      await start({ handlers });
      await kit.client.add(Welcome, { to: 'a' });
      const [run] = await kit.drain();
      expect(run).toMatchObject({
        outcome: 'dead',
        reason: 'unrecoverable',
        failure: { message: 'the account was closed' },
        logs: [{ level: 'info', message: 'trying', fields: { attempt: 1 } }],
        progress: [50],
      });
    });
  });

  describe('moves the clock', () => {
    it('and runs a delayed job when it is due, not before', async () => {
      const startedAt: number[] = [];
      const handlers = new Handlers();
      handlers.register(Welcome, () => void startedAt.push(kit.clock.now()));
      await start({ handlers });
      const addedAt = kit.clock.now();
      await kit.client.add(Welcome, { to: 'a' }, { delay: '100d' });
      await kit.advance('99d');
      expect(startedAt).toEqual([]);
      await kit.advance('2d');
      expect(startedAt).toEqual([addedAt + 100 * 86_400_000]);
    });

    it('and tries again at the moments of the backoff', async () => {
      const tries: number[] = [];
      const handlers = new Handlers();
      handlers.register(Welcome, (_, { attempt }) => {
        tries.push(kit.clock.now());
        if (attempt === 2) throw new RetryAfterError(60_000);
        if (attempt < 3) throw new Error('no');
      });
      await start({ handlers });
      const addedAt = kit.clock.now();
      await kit.client.add(Welcome, { to: 'a' });
      const runs = await kit.advance('2m');
      expect(tries.map((at) => at - addedAt)).toEqual([0, 2_000, 62_000]);
      expect(runs.map(({ outcome, delayMs }) => [outcome, delayMs])).toEqual([
        ['retrying', 2_000],
        ['retrying', 60_000],
        ['completed', undefined],
      ]);
    });

    it('under a handler that waits for it', async () => {
      const handlers = new Handlers();
      handlers.register(Welcome, () => new Promise(() => undefined));
      await start({ handlers, patienceMs: 20 });
      await kit.client.add(Welcome, { to: 'a' }, { timeout: '5m', attempts: 1 });
      const [run] = await kit.advance('6m');
      expect(run).toMatchObject({ outcome: 'dead', failure: { name: 'TimeoutError' } });
    });

    it('by durations alone', async () => {
      await start();
      expect(() => kit.advance('soon')).toThrow(RangeError);
      expect(() => kit.advance(-1)).toThrow(RangeError);
    });
  });

  it('serves an application that has clients and workers of its own', async () => {
    await start();
    const handlers = new Handlers();
    handlers.register(Welcome, async (_, { attempt }) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (attempt === 1) throw new Error('no');
    });
    const shared = { clock: kit.clock, events: kit.events };
    const worker = new Worker({ ...shared, broker: kit.connect(), handlers });
    await worker.start();
    const client = new JobsClient({ ...shared, broker: kit.connect(), jobs: [Welcome] });
    await client.start();
    await client.add(Welcome, { to: 'a' });

    expect((await kit.drain()).map((run) => run.outcome)).toEqual(['retrying']);
    expect((await kit.advance('2s')).map((run) => run.outcome)).toEqual(['completed']);
    kit.expectEnqueued(Welcome, { to: 'a' }, { times: 1 });
  });

  it('has faults on demand', async () => {
    await start({ jobs: [Welcome] });
    kit.world.refuse(kit.names.work('email', 'normal'));
    await expect(kit.client.add(Welcome, { to: 'a' })).rejects.toMatchObject({ code: 'publish_nacked' });
    expect(kit.enqueued()).toEqual([]);
  });
});
