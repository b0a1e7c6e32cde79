import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { defineJob } from '../../libs/jobs/src';
import { JobsWorld } from '../support/jobs-world';
import { LedgerDesk, revocation } from '../support/ledger-desk';
import { sharedBroker } from '../support/private-broker';
import { until } from '../support/until';
import { exited, linesOf, spawnWorker } from '../support/worker-process';

const Spinner = defineJob({ type: 'crash.spinner', payload: z.object({ spinsMs: z.number(), holding: z.number() }) });
const Innocent = defineJob({ type: 'crash.innocent', payload: z.object({ number: z.number() }) });

describe('a worker that was not there for a while', () => {
  let world: JobsWorld;
  let folder: string;
  beforeEach(() => {
    world = new JobsWorld(sharedBroker().url);
    folder = mkdtempSync(join(tmpdir(), 'scutwork-lease-'));
  });
  afterEach(async () => {
    await world.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('starts nothing that was cancelled meanwhile, although it held it ready to start', async () => {
    const desk = await LedgerDesk.open(world);
    const client = await world.client([Spinner, Innocent]);
    await client.add(Spinner, { spinsMs: 3_000, holding: 2 });
    const { id } = await client.add(Innocent, { number: 1 });
    await client.add(Innocent, { number: 2 });
    const log = join(folder, 'log');
    const child = spawnWorker({ url: world.url, prefix: world.names.prefix, log, concurrency: 1, prefetch: 10 });
    try {
      // It does not look at its connections until it has spun; the next start follows in the same turn.
      await until('it to spin', () => linesOf(log).includes('spin'));
      child.kill('SIGSTOP');
      const stoppedAt = Date.now();
      await desk.set(revocation(id));
      await until('time to pass', () => Date.now() - stoppedAt > 8_000);
      child.kill('SIGCONT');
      await until('the job behind it', () => linesOf(log).includes('end 2'));
      await until('its record', () => desk.told('cancelled').some((line) => line.id === id));
      expect(linesOf(log).filter((line) => line.startsWith('start '))).toEqual(['start 2']);
    } finally {
      child.kill('SIGKILL');
      await exited(child);
    }
  });
});
