import assert from 'node:assert/strict';
import { publish, outgoing, takeAll, depthIs } from '../../broker/conformance/port';
import type { Promises } from '../../broker/conformance/promises';
import { RetryAfterError, UnrecoverableError } from '../../contracts/errors';
import { type JobsStage, TASKS, Task } from './jobs-stage';

export const outcomes: Promises<JobsStage> = {
  'a job is completed with the result of its handler, and leaves nothing behind': async (stage) => {
    const { witness, broker } = await stage.tasks(({ n }) => ({ doubled: n * 2 }));
    const client = await stage.client();
    const { id } = await client.add(Task, { n: 21 });
    const [completed] = await stage.stated(witness, 'completed');
    assert.deepEqual([completed?.id, completed?.attempt, completed?.result], [id, 1, '{"doubled":42}']);
    await stage.ends(stage.world.dropConnections());
    await depthIs(stage.world, broker, stage.world.names.work(TASKS, 'normal'), 0);
    assert.equal(witness.all('completed').length, 1);
  },

  'a failing job is retried through the ladder until it succeeds, each attempt counted': async (stage) => {
    const attempts: { attempt: number; atMs: number }[] = [];
    const { witness } = await stage.tasks((_, { attempt }) => {
      attempts.push({ attempt, atMs: stage.world.clock.now() });
      if (attempt < 3) throw new Error(`not yet: ${attempt}`);
    });
    await (await stage.client()).add(Task, { n: 1 });
    const [completed] = await stage.stated(witness, 'completed');
    assert.equal(completed?.attempt, 3);
    assert.deepEqual(
      attempts.map(({ attempt }) => attempt),
      [1, 2, 3],
    );
    for (const [i, { atMs }] of attempts.entries()) assert.ok(i === 0 || atMs - (attempts[i - 1]?.atMs ?? 0) >= 100);
    assert.deepEqual(
      witness.all('retrying').map(({ attempt, delayMs }) => [attempt, delayMs]),
      [
        [1, 100],
        [2, 100],
      ],
    );
  },

  'a job whose attempts are used up is a dead letter with its error, attempt and payload': async (stage) => {
    const broker = await stage.world.connect();
    const { witness } = await stage.tasks(() => {
      throw new TypeError('always');
    });
    const { id } = await (await stage.client()).add(Task, { n: 7 }, { attempts: 2 });
    const [dead] = await stage.stated(witness, 'dead');
    assert.deepEqual([dead?.attempt, dead?.reason, dead?.failure.name], [2, 'attempts_exhausted', 'TypeError']);
    const [letter] = await takeAll(stage.world, broker, stage.world.names.dead(TASKS), 1);
    const message = letter?.message ?? assert.fail('no dead letter');
    assert.deepEqual([message.messageId, message.type, String(message.body)], [id, Task.type, '{"n":7}']);
    assert.deepEqual(
      [message.headers['x-job-attempt'], message.headers['x-job-dead-reason']],
      [2, 'attempts_exhausted'],
    );
    const error = JSON.parse(String(message.headers['x-job-error'])) as { name: string; message: string };
    assert.deepEqual([error.name, error.message], ['TypeError', 'always']);
  },

  'an unrecoverable error is the end, whatever attempts are left': async (stage) => {
    const { witness } = await stage.tasks(() => {
      throw new UnrecoverableError('the account was closed');
    });
    await (await stage.client()).add(Task, { n: 1 });
    const [dead] = await stage.stated(witness, 'dead');
    assert.deepEqual([dead?.attempt, dead?.reason], [1, 'unrecoverable']);
    assert.equal(witness.all('retrying').length, 0);
  },

  'an error may choose the wait before the next attempt': async (stage) => {
    const { witness } = await stage.tasks((_, { attempt }) => {
      if (attempt === 1) throw new RetryAfterError(400);
    });
    await (await stage.client()).add(Task, { n: 1 });
    await stage.stated(witness, 'completed');
    assert.deepEqual(
      witness.all('retrying').map(({ delayMs }) => delayMs),
      [400],
    );
  },

  'an attempt that takes too long fails, its signal aborted and its slot free': async (stage) => {
    let signal: AbortSignal | undefined;
    const handle = ({ n }: { n: number }, context: { signal: AbortSignal }): unknown => {
      if (n > 0) return 'next';
      signal = context.signal;
      return new Promise(() => undefined);
    };
    const { witness } = await stage.tasks(handle, { queues: { [TASKS]: { concurrency: 1 } } });
    const client = await stage.client();
    await client.add(Task, { n: 0 }, { timeout: 300, attempts: 1 });
    await client.add(Task, { n: 1 });
    const [dead] = await stage.stated(witness, 'dead');
    assert.equal(dead?.failure.name, 'TimeoutError');
    assert.equal(signal?.aborted, true);
    await stage.stated(witness, 'completed');
  },

  'a payload that does not fit is dead without being run': async (stage) => {
    let runs = 0;
    const broker = await stage.world.connect();
    const { witness } = await stage.tasks(() => void (runs += 1));
    const { names } = stage.world;
    const foreign = { exchange: names.priority('high'), routingKey: Task.type };
    const publisher = broker.publisher();
    await publish(publisher, outgoing({ ...foreign, messageId: 'm1', body: Buffer.from('{"n":"text"}') }));
    await publish(publisher, outgoing({ ...foreign, messageId: 'm2', body: Buffer.from('no JSON') }));
    const dead = await stage.stated(witness, 'dead', 2);
    assert.deepEqual(
      dead.map(({ reason }) => reason),
      ['payload_invalid', 'payload_invalid'],
    );
    assert.equal(runs, 0);
    await takeAll(stage.world, broker, names.dead(TASKS), 2);
  },

  'a message without an id gets one before it runs, and runs once': async (stage) => {
    const ids: string[] = [];
    const broker = await stage.world.connect();
    const { witness } = await stage.tasks((_, { id }) => void ids.push(id));
    const exchange = stage.world.names.priority('normal');
    await publish(broker.publisher(), outgoing({ exchange, routingKey: Task.type, body: Buffer.from('{"n":1}') }));
    const [completed] = await stage.stated(witness, 'completed');
    assert.deepEqual(ids, [completed?.id]);
    assert.equal(witness.all('adopted').length, 1);
  },
};
