import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { defineJob, newJobId } from '../../libs/jobs/src';
import type { PrivateRabbitMq } from '../../libs/local/src';
import { JobsWorld } from '../support/jobs-world';
import { startOwnBroker } from '../support/private-broker';
import { recordsOf } from '../support/records';
import { until } from '../support/until';

const Task = defineJob({ type: 'alarm.task', payload: z.object({ n: z.number() }) });
const JOBS = 200;

describe('a memory alarm of the broker', () => {
  let broker: PrivateRabbitMq;
  let world: JobsWorld;
  let spoolDir: string;
  beforeAll(async () => {
    broker = await startOwnBroker();
  });
  afterAll(() => broker.stop());
  beforeEach(() => {
    world = new JobsWorld(broker.url);
    spoolDir = mkdtempSync(join(tmpdir(), 'scutwork-spool-'));
  });
  afterEach(async () => {
    await broker.ctl('set_vm_memory_high_watermark', '0.4');
    await world.stop();
    rmSync(spoolDir, { recursive: true, force: true });
  });

  it('does not stop the work: the queue drains, nothing runs twice, and the records arrive afterwards', async () => {
    const ledger = await recordsOf(world);
    const client = await world.client([Task]);
    await client.addMany(
      Task,
      Array.from({ length: JOBS }, (_, n) => ({ payload: { n } })),
    );
    await broker.ctl('set_vm_memory_high_watermark', '0');

    const runs: number[] = [];
    const { witness, broker: connection } = await world.worker(
      (handlers) => handlers.register(Task, ({ n }) => runs.push(n)),
      {
        spoolDir,
        spoolAfterMs: 300,
        queues: { alarm: { concurrency: 5 } },
      },
    );
    await until(
      'an empty queue',
      async () => (await connection.depth(world.names.work('alarm', 'normal')))?.messages === 0,
    );
    await witness.waitFor('completed', JOBS);
    expect(connection.state.name).toBe('blocked');
    expect(readdirSync(spoolDir)).toHaveLength(1);

    await broker.ctl('set_vm_memory_high_watermark', '0.4');
    const completed = await until('all outcomes recorded', async () => {
      const ids = (await ledger.read()).filter((line) => line.event === 'completed').map((line) => line.id);
      return new Set(ids).size === JOBS && ids;
    });
    expect(new Set(completed).size).toBe(JOBS);
    expect([...runs].sort((a, b) => a - b)).toEqual(Array.from({ length: JOBS }, (_, n) => n));
    await until('an empty spool', () => readdirSync(spoolDir).length === 0);
  });

  it('does not keep a worker from starting that has outcomes of one before it to tell', async () => {
    const client = await world.client([Task]);
    await client.add(Task, { n: 1 });
    await broker.ctl('set_vm_memory_high_watermark', '0');
    const leftBehind = { event: 'completed', id: newJobId(), type: Task.type, generation: 0, at: Date.now() };
    writeFileSync(join(spoolDir, 'host-999999999-abcdef.ndjson'), `${JSON.stringify(leftBehind)}\n`);
    const { witness } = await world.worker((handlers) => handlers.register(Task, () => undefined), {
      ...{ spoolDir, spoolAfterMs: 300 },
    });
    await witness.waitFor('completed');
    await broker.ctl('set_vm_memory_high_watermark', '0.4');
    await until('an empty spool', () => readdirSync(spoolDir).length === 0);
  });

  it('makes retries wait, unacknowledged, and they go out when it ends', async () => {
    const client = await world.client([Task]);
    await client.add(Task, { n: 1 }, { backoff: 100 });
    await broker.ctl('set_vm_memory_high_watermark', '0');
    const { witness } = await world.worker(
      (handlers) =>
        handlers.register(Task, (_, context) => {
          if (context.attempt === 1) throw new Error('once');
        }),
      { spoolDir, spoolAfterMs: 200 },
    );
    await witness.waitFor('worker.spooled');
    expect(witness.all('retrying')).toEqual([]);
    await broker.ctl('set_vm_memory_high_watermark', '0.4');
    await witness.waitFor('completed');
    expect(witness.all('retrying')).toHaveLength(1);
  });
});
