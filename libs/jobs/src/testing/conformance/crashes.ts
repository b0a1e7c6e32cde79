import assert from 'node:assert/strict';
import type { Broker } from '../../broker/broker';
import { confirmed } from '../../broker/confirmed';
import { newJobId } from '../../contracts/job-id';
import { arrivals, depthIs, openInbox, takeAll } from '../../broker/conformance/port';
import type { Promises } from '../../broker/conformance/promises';
import { Gate, type JobsStage, TASKS, Task, type Witness, payloads } from './jobs-stage';

/** The attempt that a worker has taken to its grave. */
const forever = (): Promise<never> => new Promise(() => undefined);

/** Whatever this worker has sent before, acks too: an answer on the same connection comes after it. */
const heard = (stage: JobsStage, broker: Broker) => broker.depth(stage.world.names.work(TASKS, 'normal'));

const accused = (witness: Witness, whom: string | undefined) => witness.all('suspected').some(({ id }) => id === whom);

export const crashes: Promises<JobsStage> = {
  'what a worker held when it died is run by another': async (stage) => {
    let started = 0;
    const doomed = await stage.tasks(() => {
      started += 1;
      return forever();
    });
    const client = await stage.client();
    const { ids } = await client.addMany(Task, payloads(8));
    await stage.until('running jobs', () => started === 5);
    await doomed.die();
    const { witness } = await stage.tasks(({ n }) => n);
    const completed = await stage.stated(witness, 'completed', 8);
    assert.deepEqual(completed.map(({ id }) => id).sort(), [...ids].sort());
    assert.equal(doomed.witness.all('completed').length, 0);
  },

  'a job that still runs when its connection breaks is not run beside itself': async (stage) => {
    const gate = new Gate();
    let runs = 0;
    const { witness, broker } = await stage.tasks(async () => {
      runs += 1;
      await gate.opened;
      return 'once';
    });
    await (await stage.client()).add(Task, { n: 1 });
    await stage.until('the run', () => runs === 1);
    await stage.world.dropConnections();
    await stage.until('the consumers', async () => (await consumersOf(stage, broker)) === 1);
    gate.open();
    await stage.stated(witness, 'completed');
    await stage.ends(broker.stop({ deadlineMs: 1_000 }));
    await depthIs(stage.world, await stage.world.connect(), stage.world.names.work(TASKS, 'normal'), 0);
    assert.deepEqual([runs, witness.all('completed').length], [1, 1]);
  },

  'a job that fails after its connection broke is retried once, not once for each delivery': async (stage) => {
    const gate = new Gate();
    const attempts: number[] = [];
    const { witness, broker } = await stage.tasks(async (_, { attempt }) => {
      attempts.push(attempt);
      if (attempt > 1) return;
      await gate.opened;
      throw new Error('after the loss');
    });
    await (await stage.client()).add(Task, { n: 1 });
    await stage.until('the run', () => attempts.length === 1);
    for (const loss of [1, 2]) {
      await stage.world.dropConnections();
      await stage.until(`the consumers after loss ${loss}`, async () => (await consumersOf(stage, broker)) === 1);
    }
    gate.open();
    await stage.stated(witness, 'completed');
    assert.deepEqual(attempts, [1, 2]);
    assert.equal(witness.all('completed').length, 1);
    await depthIs(stage.world, broker, stage.world.names.work(TASKS, 'normal'), 0);
  },

  'a job whose ack was lost with the connection is not run again': async (stage) => {
    let runs = 0;
    const { witness, broker } = await stage.tasks(() => void (runs += 1));
    let lost = false;
    witness.bus.on('completed', () => {
      // In the same turn as the acks: none of them has left yet.
      if (!lost) void stage.world.dropConnections();
      lost = true;
    });
    await (await stage.client()).add(Task, { n: 1 });
    await stage.stated(witness, 'completed');
    await stage.until('the consumers', async () => (await consumersOf(stage, broker)) === 1);
    // A second run of the first job would come before this one.
    const { id } = await (await stage.client()).add(Task, { n: 2 }, { delay: 300 });
    await stage.until('the last job', () => witness.all('completed').some((event) => event.id === id));
    await stage.ends(broker.stop({ deadlineMs: 1_000 }));
    await depthIs(stage.world, await stage.world.connect(), stage.world.names.work(TASKS, 'normal'), 0);
    assert.equal(runs, 2);
  },

  'a job that another worker has got meanwhile is not retried by the first one too': async (stage) => {
    const gate = new Gate();
    let held = false;
    const first = await stage.tasks(async () => {
      held = true;
      await gate.opened;
      throw new Error('too late to say so');
    });
    const client = await stage.client();
    await client.add(Task, { n: 1 });
    await stage.until('the run', () => held);
    const stopped = first.worker.stop({ deadlineMs: 60_000 });
    const attempts: number[] = [];
    const second = await stage.tasks((_, { attempt }) => {
      attempts.push(attempt);
      if (attempt === 1) throw new Error('once');
    });
    await stage.world.dropConnections();
    await stage.stated(second.witness, 'completed');
    gate.open();
    await stage.ends(stopped);
    await stage.until('the consumers', async () => (await consumersOf(stage, second.broker)) === 1);
    // Whatever the first one might have sent down the ladder comes before this.
    await stage.ends(client.add(Task, { n: 2 }, { delay: 400 }));
    await stage.stated(second.witness, 'completed', 2);
    assert.deepEqual(attempts, [1, 2, 1, 2]);
  },

  'a job that came back too often runs alone, and completes if it is innocent': async (stage) => {
    const client = await stage.client();
    const broker = await stage.world.connect();
    const { id } = await client.add(Task, { n: 1 }, { priority: 'high' });
    const inbox = await openInbox(broker, stage.world.names.work(TASKS, 'high'), { prefetch: 1 });
    for (const returns of [0, 1, 2]) (await arrivals(stage.world, inbox, 1, returns))[0]?.requeue();
    await arrivals(stage.world, inbox, 1, 3);
    await inbox.subscription.close();
    const { witness } = await stage.tasks((_, { priority }) => priority);
    const [completed] = await stage.stated(witness, 'completed');
    assert.deepEqual([completed?.id, completed?.attempt, completed?.result], [id, 1, '"high"']);
    assert.equal(witness.all('suspected').length, 1);
  },

  'a job that kills its worker is dead after three deaths alone, its neighbours complete': async (stage) => {
    const KILLER = 3;
    const client = await stage.client();
    const { ids } = await client.addMany(Task, payloads(10));
    const done = new Set<string>();
    let deaths = 0;
    let dead: string[] = [];
    while (dead.length === 0) {
      assert.ok(deaths <= 10, 'nobody was convicted');
      const died = { of: 0 };
      const { worker, witness, broker, die } = await stage.tasks(({ n }, { id }) => {
        if (died.of > 0) return forever();
        if (n !== KILLER) return void done.add(id);
        died.of = 1;
        return forever();
      });
      await stage.until('a death or a verdict', () => died.of > 0 || witness.all('dead').length > 0);
      // Killed between confirm and ack it would be a suspect twice, and each of them has three deaths to die.
      if (deaths === 3) {
        await stage.until('the accusation', () => accused(witness, ids[KILLER]));
        await heard(stage, broker);
      }
      dead = witness.all('dead').map(({ id }) => id);
      deaths += died.of;
      // Whoever has convicted it has to acknowledge it too: killed before that, another one would convict it again.
      if (dead.length > 0) await stage.ends(worker.stop({ deadlineMs: 200 }));
      await die();
    }
    assert.deepEqual(dead, [ids[KILLER]]);
    const { witness } = await stage.tasks((_, { id }) => void done.add(id));
    await stage.until('the neighbours', () => done.size === 9);
    assert.equal(deaths, 6, 'three deaths among neighbours make a suspect, three alone convict it');
    const broker = await stage.world.connect();
    const [letter] = await takeAll(stage.world, broker, stage.world.names.dead(TASKS), 1);
    assert.equal(letter?.message.headers['x-job-dead-reason'], 'poison');
    assert.equal(witness.all('dead').length, 0);
  },

  'a suspect that waits for a slot is no nearer to being dead when connections break': async (stage) => {
    const gate = new Gate();
    const ran: number[] = [];
    const { witness, broker } = await stage.tasks(
      async ({ n }) => {
        ran.push(n);
        if (n === 0) await gate.opened;
      },
      { queues: { [TASKS]: { concurrency: 1, prefetch: 2 } } },
    );
    const suspects = stage.world.names.suspect(TASKS);
    await (await stage.client()).add(Task, { n: 0 });
    await stage.until('the run', () => ran.length === 1);
    await accuse(stage, 7);
    await stage.until('the suspect put back', async () => {
      const depth = await broker.depth(suspects);
      return depth?.messages === 1 && depth.consumers === 0;
    });
    const back = await (await stage.world.connect()).pull(suspects);
    assert.deepEqual([back?.message.deliveryCount, back?.message.headers['x-job-put-back']], [0, 1]);
    back?.requeue();
    for (const loss of [1, 2, 3, 4]) {
      await stage.world.dropConnections();
      await stage.until(`the consumers after loss ${loss}`, async () => (await consumersOf(stage, broker)) === 1);
    }
    gate.open();
    await stage.stated(witness, 'completed', 2);
    assert.deepEqual([ran, witness.all('dead').length], [[0, 7], 0]);
  },

  'a suspect that is handed back when its worker stops is no nearer to being dead': async (stage) => {
    await stage.client();
    await accuse(stage, 7);
    for (const stop of [1, 2, 3, 4]) {
      let started = false;
      const { worker, broker } = await stage.tasks((_, { signal }) => {
        started = true;
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
      });
      await stage.until(`run ${stop}`, () => started);
      await stage.ends(worker.stop({ deadlineMs: 200 }));
      await stage.ends(broker.stop({ deadlineMs: 1_000 }));
    }
    const { witness } = await stage.tasks(() => 'innocent');
    const [completed] = await stage.stated(witness, 'completed');
    assert.deepEqual([completed?.result, completed?.attempt, witness.all('dead').length], ['"innocent"', 1, 0]);
  },

  'stopping lets running jobs end, starts no other, and returns what was held': async (stage) => {
    const gate = new Gate();
    let started = 0;
    const handle = async (): Promise<void> => {
      started += 1;
      await gate.opened;
    };
    const { worker, witness } = await stage.tasks(handle, { queues: { [TASKS]: { concurrency: 2, prefetch: 6 } } });
    await (await stage.client()).addMany(Task, payloads(6));
    await stage.until('a full worker', () => started === 2 && worker.held === 4);
    const stopped = worker.stop({ deadlineMs: 10_000 });
    const broker = await stage.world.connect();
    await depthIs(stage.world, broker, stage.world.names.work(TASKS, 'normal'), 4);
    gate.open();
    await stage.ends(stopped);
    assert.deepEqual([started, witness.all('completed').length, worker.state], [2, 2, 'stopped']);
    await takeAll(stage.world, broker, stage.world.names.work(TASKS, 'normal'), 4);
    await worker.stop();
  },

  'what still runs at the deadline of a stop is aborted and handed back': async (stage) => {
    const reasons: unknown[] = [];
    const { worker } = await stage.tasks((_, { signal }) => {
      signal.addEventListener('abort', () => reasons.push(signal.reason));
      return forever();
    });
    const { id } = await (await stage.client()).add(Task, { n: 1 });
    const broker = await stage.world.connect();
    await stage.until('the run', async () => (await consumersOf(stage, broker)) === 1 && worker.held === 0);
    await depthIs(stage.world, broker, stage.world.names.work(TASKS, 'normal'), 0);
    await stage.ends(worker.stop({ deadlineMs: 200 }));
    assert.equal(reasons.length, 1);
    const [back] = await takeAll(stage.world, broker, stage.world.names.work(TASKS, 'normal'), 1);
    assert.equal(back?.message.messageId, id);
  },
};

/** A job among the suspects, as a worker puts it there. */
async function accuse(stage: JobsStage, n: number): Promise<void> {
  const publisher = (await stage.world.connect()).publisher();
  const message = {
    ...{ exchange: stage.world.names.suspectExchange, routingKey: TASKS, mandatory: true },
    ...{ messageId: newJobId(), type: Task.type, body: Buffer.from(JSON.stringify({ n })) },
  };
  await stage.ends(confirmed(publisher, message, 'the suspect is not taken'));
}

/** Consumers of the normal level: 0 while the worker is away. */
async function consumersOf(
  stage: JobsStage,
  broker: Awaited<ReturnType<JobsStage['world']['connect']>>,
): Promise<number> {
  const depth = await broker.depth(stage.world.names.work(TASKS, 'normal')).catch(() => undefined);
  return depth?.consumers ?? 0;
}
