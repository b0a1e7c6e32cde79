import assert from 'node:assert/strict';
import { depthIs, outgoing, publish, takeAll } from '../../broker/conformance/port';
import type { Promises } from '../../broker/conformance/promises';
import { JobNotAccepted } from '../../contracts/errors';
import { PRIORITIES } from '../../contracts/job-type';
import { type JobsStage, TASKS, Task, named, payloads } from './jobs-stage';

export const waiting: Promises<JobsStage> = {
  'an added job waits in the queue of its level': async (stage) => {
    const client = await stage.client();
    const broker = await stage.world.connect();
    for (const priority of PRIORITIES) {
      const added = await client.add(Task, { n: 1 }, { priority });
      assert.deepEqual([added.queue, added.state], [TASKS, 'waiting']);
      await depthIs(stage.world, broker, stage.world.names.work(TASKS, priority), 1);
    }
  },

  'a job whose queue nobody declared is refused, with its id': async (stage) => {
    const client = await stage.client();
    const Unheard = named('unheard.of');
    const error: unknown = await client.add(Unheard, { n: 1 }).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof JobNotAccepted);
    assert.deepEqual([error.code, error.outcome, error.jobId.length], ['no_queue', 'refused', 36]);
    const { ids, failures } = await client.addMany(Task, payloads(3));
    assert.deepEqual([ids.length, failures], [3, []]);
  },

  'jobs added while the broker is away are accepted when it is back, and refused after their deadline': async (
    stage,
  ) => {
    const client = await stage.client({ publisher: { deadlineMs: 400 } });
    const patient = await stage.client();
    const broker = await stage.world.connect();
    await stage.world.goAway();
    await stage.until('the loss', () => broker.state.name === 'connecting');
    const refused = client.add(Task, { n: 1 }).catch((thrown: unknown) => thrown);
    const accepted = patient.add(Task, { n: 2 });
    const error = await stage.ends(refused);
    assert.ok(error instanceof JobNotAccepted);
    assert.deepEqual([error.code, error.outcome], ['broker_unreachable', 'refused']);
    await stage.world.comeBack();
    const { id } = await stage.ends(accepted);
    const [taken] = await takeAll(stage.world, broker, stage.world.names.work(TASKS, 'normal'), 1);
    assert.equal(taken?.message.messageId, id);
  },

  'a delayed job starts after its delay, never before': async (stage) => {
    const { clock } = stage.world;
    const startedMs: number[] = [];
    const { witness } = await stage.tasks(() => void startedMs.push(clock.now()));
    const client = await stage.client();
    const addedMs = clock.now();
    const added = await client.add(Task, { n: 1 }, { delay: 500 });
    assert.equal(added.state, 'delayed');
    await stage.stated(witness, 'completed');
    assert.ok((startedMs[0] ?? 0) - addedMs >= 500);
  },

  'a delay asked for by header is kept, and the rest of the message with it': async (stage) => {
    const { clock, names } = stage.world;
    const startedMs: number[] = [];
    const broker = await stage.world.connect();
    const { witness } = await stage.tasks(() => void startedMs.push(clock.now()));
    const at = { exchange: names.door('normal'), routingKey: Task.type, messageId: 'order-7', correlationId: 'c-1' };
    const sentMs = clock.now();
    const headers = { 'x-job-delay': 300, 'x-other': 'kept' };
    await publish(broker.publisher(), outgoing({ ...at, body: Buffer.from('{"n":1}'), headers }));
    const [completed] = await stage.stated(witness, 'completed');
    assert.deepEqual([completed?.key, completed?.attempt], ['order-7', 1]);
    assert.ok((startedMs[0] ?? 0) - sentMs >= 300);
    assert.deepEqual(
      witness.all('deferred').map(({ delayMs, reason }) => [delayMs, reason]),
      [[300, 'delay']],
    );
  },

  'a job that has expired is never started': async (stage) => {
    let runs = 0;
    const { witness } = await stage.tasks(() => void (runs += 1));
    const client = await stage.client();
    const expiresAt = new Date(stage.world.clock.now() + 100);
    const { id } = await client.add(Task, { n: 1 }, { delay: 300, expiresAt });
    const [expired] = await stage.stated(witness, 'expired');
    assert.deepEqual([expired?.id, runs], [id, 0]);
  },

  'a job of an unknown type waits for a worker that knows it': async (stage) => {
    const Next = named('task.next');
    const old = await stage.tasks(() => undefined);
    const client = await stage.client({ jobs: [Task, Next] });
    const { id } = await client.add(Next, { n: 1 });
    await stage.stated(old.witness, 'deferred');
    await stage.ends(old.worker.stop({ deadlineMs: 100 }));
    const { witness } = await stage.worker((handlers) => handlers.register(Next, () => 'done'));
    const [completed] = await stage.stated(witness, 'completed');
    assert.deepEqual([completed?.id, completed?.attempt], [id, 1]);
  },

  'a job of a type that nobody knows is dead after a while': async (stage) => {
    const Nobodys = named('task.nobodys');
    const broker = await stage.world.connect();
    const { witness } = await stage.tasks(() => undefined, { unknownTypeMs: 1_500 });
    await (await stage.client({ jobs: [Task, Nobodys] })).add(Nobodys, { n: 1 });
    const [dead] = await stage.stated(witness, 'dead');
    assert.deepEqual([dead?.reason, dead?.attempt], ['type_unknown', 1]);
    assert.ok(witness.all('deferred').length >= 2, 'it waited before');
    await takeAll(stage.world, broker, stage.world.names.dead(TASKS), 1);
  },
};
