// One side of one contestant, in a process of its own: answers the calls of side.mjs.
import { Session } from 'node:inspector/promises';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from './clock.mjs';
import { handlers } from './handlers.mjs';
import { payload } from './payload.mjs';
import { createTally } from './tally.mjs';

const LAST_ACK_MS = 200; // the last job was counted in its handler: its ack is still to be written
const LEAVE_MS = 2000;

let side;
let tally;
let reached;
let cpuAtArm;
let profiler;

const calls = {
  async openPublisher({ module, setting }) {
    const { openPublisher } = await import(module);
    side = await openPublisher(setting);
  },

  async openWorker({ module, setting, handler, handlerOptions = {}, heapSampleEvery }) {
    const { openWorker } = await import(module);
    tally = createTally({ heapSampleEvery });
    side = await openWorker(setting, handlers[handler](tally, handlerOptions));
  },

  /** Gets ready to notice the `total`th handled job: returns before the publisher starts. */
  arm({ total }) {
    cpuAtArm = process.cpuUsage();
    reached = tally.until(total).then((finishedAtMs) => ({ finishedAtMs, cpuMs: cpuSince(cpuAtArm) }));
  },

  reached: () => reached,

  handled: () => tally.handled,

  latencies: () => tally.latenciesMs.splice(0),

  heapSamples: () => tally.heapBytes,

  publish: ({ jobs, options }) => timed(() => side.publish(jobs, payload, options)),

  publishMany: ({ jobs, options }) => timed(() => side.publishMany(jobs, payload, options)),

  /** Publishes at a steady pace, each payload stamped with its instant; a job never waits for the one before it. */
  async publishSteadily({ jobs, perSecond, options }) {
    const open = [];
    const firstAtMs = nowMs();
    for (let number = 0; number < jobs; number += 1) {
      const waitMs = firstAtMs + (number * 1000) / perSecond - nowMs();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      open.push(side.publishOne(payload(number, nowMs()), options));
    }
    await Promise.all(open);
  },

  facts: () => side.facts?.() ?? {},

  async startProfile({ intervalUs = 200 }) {
    profiler = new Session();
    profiler.connect();
    await profiler.post('Profiler.enable');
    await profiler.post('Profiler.setSamplingInterval', { interval: intervalUs });
    await profiler.post('Profiler.start');
  },

  async stopProfile({ file }) {
    const { profile } = await profiler.post('Profiler.stop');
    await writeFile(file, JSON.stringify(profile));
  },

  async close() {
    await sleep(LAST_ACK_MS);
    await side.close();
  },
};

async function timed(work) {
  const cpu = process.cpuUsage();
  const startedAtMs = nowMs();
  await work();
  return { startedAtMs, finishedAtMs: nowMs(), cpuMs: cpuSince(cpu) };
}

function cpuSince(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

process.on('message', async ({ id, call, argument }) => {
  try {
    process.send({ id, result: await calls[call](argument ?? {}) });
  } catch (error) {
    process.send({ id, error: error?.stack ?? String(error) });
  }
});
// A client whose close() does not wait for its last writes gets the time to make them.
process.on('disconnect', () => setTimeout(() => process.exit(), LEAVE_MS).unref());
