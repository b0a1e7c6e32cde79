import { makeProgram } from '../../apps/cli/src/program';
import { type OutgoingMessage, UnrecoverableError, planTopology, redriveDead } from '../../libs/jobs/src';
import { confirmed } from '../../libs/jobs/src/wire';
import { JobsWorld } from '../support/jobs-world';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';

/** What the command prints. */
async function scutwork(world: JobsWorld, ...words: string[]): Promise<string> {
  const printed: string[] = [];
  const env = { AMQP_URL: world.url, SCUTWORK_PREFIX: world.names.prefix };
  const program = makeProgram({ env, signal: new AbortController().signal, print: (text) => void printed.push(text) });
  await program.parseAsync(words, { from: 'user' });
  return printed.join('\n');
}

describe('dead letters where no ledger is', () => {
  let world: JobsWorld;
  beforeEach(() => {
    world = new JobsWorld(sharedBroker().url);
  });
  afterEach(() => world.stop());

  const send = async (messages: Partial<OutgoingMessage>[]): Promise<void> => {
    const publisher = (await world.broker()).publisher();
    for (const message of messages) {
      const whole = { exchange: '', routingKey: '', mandatory: true, body: Buffer.from('{}'), ...message };
      await confirmed(publisher, whole, 'a dead letter');
    }
  };

  test('are redriven as they were: same id, payload and level, first attempt, a generation later', async () => {
    let broken = true;
    const seen: [number, number][] = [];
    const { broker, witness } = await world.worker((handlers) =>
      handlers.register('mend.me', (payload, context) => {
        seen.push([(payload as { n: number }).n, context.attempt]);
        if (broken) throw new UnrecoverableError('not yet');
      }),
    );
    const { names } = world;
    await send(
      [1, 2, 3].map((n) => ({
        ...{ exchange: names.priority('low'), routingKey: 'mend.me', messageId: `m${n}`, type: 'mend.me' },
        ...{ body: Buffer.from(JSON.stringify({ n })), headers: { 'x-job-attempt': 2, baggage: 'b' } },
      })),
    );
    await witness.waitFor('dead', 3);
    broken = false;
    expect(await redriveDead(broker, names, 'mend', { limit: 2 })).toEqual({ redriven: 2, left: 0, passed: 0 });
    const done = await witness.waitFor('completed', 2);
    expect(done).toMatchObject([1, 2].map((n) => ({ key: `m${n}`, attempt: 1, generation: 1 })));
    expect(seen.slice(3).toSorted()).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect((await broker.depth(names.dead('mend')))?.messages).toBe(1);
  });

  test('what no queue takes, or is no job of that queue, stays; what was rejected by the broker goes round once more', async () => {
    const broker = await world.broker();
    const { names } = world;
    await broker.apply(planTopology({ names, queues: ['lost'] }));
    await send([{ exchange: names.priority('high'), routingKey: 'lost.job', messageId: 'rejected', type: 'lost.job' }]);
    (await until('the job', () => broker.pull(names.work('lost', 'high')))).reject();
    await until('the dead letter', async () => (await broker.depth(names.dead('lost')))?.messages === 1);
    const dead = { exchange: names.deadExchange, routingKey: 'lost' };
    await send([
      { ...dead, type: 'other.job', messageId: 'other' },
      { ...dead, messageId: 'untyped' },
    ]);
    expect(await redriveDead(broker, names, 'lost')).toEqual({ redriven: 1, left: 2, passed: 0 });
    const again = await until('the job', () => broker.pull(names.work('lost', 'normal')));
    expect(again.message).toMatchObject({ messageId: 'rejected', headers: { 'x-job-generation': 1 } });
    expect(again.message.headers).not.toHaveProperty('x-death');
    await until('both', async () => (await broker.depth(names.dead('lost')))?.messages === 2);
  });

  test('are listed and redriven by a command, by type and up to a number; a ledger that takes them is named', async () => {
    const broker = await world.broker();
    const { names } = world;
    await broker.apply(planTopology({ names, queues: ['post', 'idle'] }));
    const letter = (type: string, n: number) => ({
      ...{ exchange: names.deadExchange, routingKey: 'post', type, messageId: `${type}-${n}` },
    });
    await send([1, 2, 3].flatMap((n) => [letter('post.card', n), letter('post.parcel', n)]));
    await until('six letters', async () => (await broker.depth(names.dead('post')))?.messages === 6);
    expect(await scutwork(world, 'dead', 'list', 'post', 'idle')).toBe('post\t6\nidle\t0');

    const done = await scutwork(world, 'dead', 'redrive', 'post', '--type', 'post.parcel', '--limit', '2', '--json');
    expect(JSON.parse(done)).toMatchObject({ redriven: 2, left: 0 });
    const again = [await broker.pull(names.work('post', 'normal')), await broker.pull(names.work('post', 'normal'))];
    expect(again.map((each) => each?.message.messageId)).toEqual(['post.parcel-1', 'post.parcel-2']);
    await until('the others', async () => (await broker.depth(names.dead('post')))?.messages === 4);
    expect(await scutwork(world, 'dead', 'redrive', 'post')).toBe('4 redriven');

    await broker.subscribe({ queue: names.dead('post'), prefetch: 1, onDelivery: (delivery) => delivery.requeue() });
    await until('a consumer', async () => (await broker.depth(names.dead('post')))?.consumers === 1);
    const refused = scutwork(world, 'dead', 'redrive', 'post');
    await expect(refused).rejects.toMatchObject({ hint: expect.stringContaining('/api/v1/dead-letters/redrive') });
    await expect(scutwork(world, 'dead', 'redrive', 'post', '--limit', '0')).rejects.toThrow(/whole number/);
  });

  test('a queue that there is not is named', async () => {
    const broker = await world.broker();
    await expect(redriveDead(broker, world.names, 'nothing')).rejects.toMatchObject({ code: 'no_queue' });
  });
});
