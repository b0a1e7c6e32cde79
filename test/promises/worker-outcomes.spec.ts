import { z } from 'zod';
import { type JobContext, RetryAfterError, UnrecoverableError, defineJob } from '../../libs/jobs/src';
import { JobsWorld } from '../support/jobs-world';
import { sharedBroker } from '../support/private-broker';
import { recordsOf } from '../support/records';
import { until } from '../support/until';

const Task = defineJob({
  type: 'outcome.task',
  payload: z.object({ n: z.number() }),
  attempts: 3,
  backoff: { type: 'fixed', delay: 100 },
});

describe('what becomes of a job', () => {
  let world: JobsWorld;
  beforeEach(() => {
    world = new JobsWorld(sharedBroker().url);
  });
  afterEach(() => world.stop());

  async function run(handle: (payload: { n: number }, context: JobContext) => unknown, options = {}) {
    const { witness, broker } = await world.worker((handlers) => handlers.register(Task, handle), options);
    return { witness, broker, client: await world.client([Task]) };
  }

  it('completed: with the result of its handler', async () => {
    const { witness, client } = await run(({ n }) => ({ doubled: n * 2 }));
    const { id } = await client.add(Task, { n: 21 });
    const [completed] = await witness.waitFor('completed');
    expect(completed).toMatchObject({ id, attempt: 1, result: '{"doubled":42}' });
  });

  it('retried through the ladder, each attempt counted, until one succeeds', async () => {
    const attempts: number[] = [];
    const { witness, client } = await run((_, context) => {
      attempts.push(context.attempt);
      if (context.attempt < 3) throw new Error(`not yet ${context.attempt}`);
    });
    await client.add(Task, { n: 1 });
    const [completed] = await witness.waitFor('completed');
    expect(completed?.attempt).toBe(3);
    expect(attempts).toEqual([1, 2, 3]);
    expect(witness.all('retrying').map((event) => event.delayMs)).toEqual([100, 100]);
  });

  it('dead after its last attempt, kept with error, attempt and payload', async () => {
    const { witness, broker, client } = await run(() => {
      throw new TypeError('always');
    });
    const { id } = await client.add(Task, { n: 7 }, { attempts: 2 });
    await witness.waitFor('dead');
    const letter = await until('the dead letter', () => broker.pull(world.names.dead('outcome')));
    expect(letter.message).toMatchObject({ messageId: id, type: 'outcome.task' });
    expect(letter.message.headers).toMatchObject({ 'x-job-attempt': 2, 'x-job-dead-reason': 'attempts_exhausted' });
    const error: unknown = JSON.parse(String(letter.message.headers['x-job-error']));
    expect(error).toMatchObject({ name: 'TypeError', message: 'always', stack: expect.stringContaining('TypeError') });
    expect(letter.message.body.toString()).toBe('{"n":7}');
    letter.ack();
  });

  it('dead at once when the error is unrecoverable', async () => {
    const { witness, client } = await run(() => {
      throw new UnrecoverableError('the account is closed');
    });
    await client.add(Task, { n: 1 });
    const [dead] = await witness.waitFor('dead');
    expect(dead).toMatchObject({ attempt: 1, reason: 'unrecoverable' });
    expect(witness.all('retrying')).toEqual([]);
  });

  it('retried after the time its error names, in place of the backoff', async () => {
    const { witness, client } = await run((_, context) => {
      if (context.attempt === 1) throw new RetryAfterError(300);
    });
    await client.add(Task, { n: 1 });
    await witness.waitFor('completed');
    expect(witness.all('retrying')).toMatchObject([{ delayMs: 300 }]);
  });

  it('failed at its timeout, its signal aborted and its slot free, although the handler goes on', async () => {
    let signal: AbortSignal | undefined;
    const { witness, client } = await run(
      ({ n }, context) => {
        if (n > 0) return 'next';
        signal = context.signal;
        return new Promise(() => undefined);
      },
      { queues: { outcome: { concurrency: 1 } } },
    );
    await client.add(Task, { n: 0 }, { timeout: 200, attempts: 1 });
    await client.add(Task, { n: 1 });
    const [dead] = await witness.waitFor('dead');
    expect(dead?.failure).toMatchObject({ name: 'TimeoutError' });
    expect(signal?.aborted).toBe(true);
    await witness.waitFor('completed');
  });

  it('a handler that says it is alive is not timed out', async () => {
    const { witness, client } = await run(async (_, context) => {
      for (let step = 0; step < 5; step++) {
        await new Promise(
          (resolve) => context.signal.addEventListener('abort', resolve, { once: true }) ?? setTimeout(resolve, 100),
        );
        context.heartbeat();
      }
      return context.signal.aborted;
    });
    await client.add(Task, { n: 1 }, { timeout: 300 });
    const [completed] = await witness.waitFor('completed');
    expect(completed?.result).toBe('false');
  });

  it('expired, and never started, when its time has passed', async () => {
    const started = jest.fn();
    const { witness, client } = await run(started);
    await client.add(Task, { n: 1 }, { delay: 300, expiresAt: new Date(Date.now() + 100) });
    await witness.waitFor('expired');
    expect(started).not.toHaveBeenCalled();
  });

  it('dead for a payload that does not fit, published by somebody who did not check', async () => {
    const { witness, broker } = await run(() => undefined);
    const publisher = broker.publisher();
    publisher.publish(foreign(world, Buffer.from('{"n":"text"}')), () => undefined);
    publisher.publish(foreign(world, Buffer.from('not json')), () => undefined);
    const dead = await witness.waitFor('dead', 2);
    expect(dead.map((event) => event.reason)).toEqual(['payload_invalid', 'payload_invalid']);
    expect(dead.map((event) => event.failure.message).sort()).toEqual([
      expect.stringContaining('not JSON'),
      expect.stringContaining('payload.n'),
    ]);
  });

  it('an unknown type waits for a worker that knows it, and is dead after its time', async () => {
    const { witness, broker } = await run(() => undefined, { unknownTypeMs: 1_500 });
    broker
      .publisher()
      .publish({ ...foreign(world, Buffer.from('{}')), routingKey: 'outcome.unheard-of' }, () => undefined);
    const [dead] = await witness.waitFor('dead');
    expect(dead).toMatchObject({ reason: 'type_unknown', attempt: 1 });
    expect(witness.all('deferred').length).toBeGreaterThan(0);
  });

  it('an unknown type is run by the worker of the next release', async () => {
    const { broker, witness } = await run(() => undefined);
    broker.publisher().publish({ ...foreign(world, Buffer.from('{}')), routingKey: 'outcome.new' }, () => undefined);
    await witness.waitFor('deferred');
    const next = await world.worker((handlers) => {
      handlers.register(Task, () => undefined);
      handlers.register('outcome.new', () => 'done');
    });
    await next.witness.waitFor('completed');
  });

  it('a result that is no JSON fails that attempt and no other job', async () => {
    const { witness, client } = await run(({ n }) => (n === 13 ? { big: 1n } : n));
    await client.addMany(
      Task,
      Array.from({ length: 30 }, (_, n) => ({ payload: { n }, options: { attempts: 1 } })),
    );
    await witness.waitFor('completed', 29);
    const [dead] = await witness.waitFor('dead');
    expect(dead?.failure.code).toBe('result_not_json');
  });

  it('progress and log lines are stated as they happen, and recorded', async () => {
    const ledger = await recordsOf(world);
    const { client } = await run((_, context) => {
      context.progress(40);
      context.log('info', 'half way', { step: 2 });
    });
    const { id } = await client.add(Task, { n: 1 });
    const records = await until('its records', async () => {
      const lines = await ledger.read();
      return (
        lines.some((line) => line.event === 'completed') && lines.some((line) => line.event === 'submitted') && lines
      );
    });
    const ofJob = records.filter((line) => line.id === id);
    expect(ofJob.map((line) => line.event).sort()).toEqual(['completed', 'logged', 'progressed', 'submitted']);
    expect(ofJob.find((line) => line.event === 'submitted')).toMatchObject({ payload: '{"n":1}', priority: 'normal' });
  });
});

function foreign(world: JobsWorld, body: Buffer) {
  return {
    exchange: world.names.priority('normal'),
    routingKey: 'outcome.task',
    body,
    mandatory: true,
    messageId: `foreign-${Math.random()}`,
  };
}
