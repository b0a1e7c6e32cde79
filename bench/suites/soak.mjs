import { discardJobs, assertNothingLeft } from '../measure/leftovers.mjs';
import { openStage, runJobs } from '../measure/stage.mjs';
import { median, quantile } from '../measure/statistics.mjs';
import { ceiling } from '../report/summary.mjs';
import { decimals, printTable, whole } from '../report/table.mjs';

const JOBS = 1_000_000;
const HEAP_SAMPLES = 100;
/** Not counted: code that is not compiled yet, and tables that have not their size, are no growth. */
const WARM_UP_SHARE = 0.03;
const LONGEST_HANDLER_MS = 200;
const CRITICAL_JOBS = 50;
const CRITICAL_PER_SECOND = 10;

export const name = 'soak';
export const title = `${whole(JOBS)} jobs through one worker; a critical job behind ${whole(JOBS)} waiting low ones`;
export const contestants = ['scutwork-recorded'];

export async function run({ contestants: [contestant], servers, scale }) {
  if (!contestant) return { contestants: [], claims: [] };
  const jobs = Math.round(JOBS * scale);
  const heap = await measureHeap(contestant, servers, jobs);
  const critical = await measureCritical(contestant, servers, jobs);
  printTable(
    ['soak', 'figure'],
    [
      ['jobs a second', whole(heap.perSecond)],
      ["worker's heap after GC, first tenth, MB", decimals(heap.firstTenthMB)],
      ["worker's heap after GC, last tenth, MB", decimals(heap.lastTenthMB)],
      ['low jobs waiting', whole(critical.waiting)],
      ["low job's handler, ms", `${LONGEST_HANDLER_MS / 2} to ${LONGEST_HANDLER_MS}`],
      ['critical job, enqueue to start, p50 ms', decimals(critical.p50Ms)],
      ['critical job, enqueue to start, slowest ms', decimals(critical.slowestMs)],
    ],
  );
  return {
    heap,
    critical,
    claims: [
      ceiling("worker's heap, last tenth to first", heap.lastTenthMB / heap.firstTenthMB, 1.1),
      ceiling("slowest critical job in ms (one handler's time)", critical.slowestMs, LONGEST_HANDLER_MS),
    ],
  };
}

async function measureHeap(contestant, servers, jobs) {
  const stage = await openStage(contestant, servers, {
    heapSampleEvery: jobs / HEAP_SAMPLES,
    execArgv: { worker: ['--expose-gc'] },
  });
  try {
    const warmUp = Math.round(jobs * WARM_UP_SHARE);
    const serverPid = servers.rabbitmq.pid;
    await runJobs(stage, { jobs: warmUp, already: 0, serverPid });
    const { perSecond } = await runJobs(stage, { jobs, already: warmUp, serverPid });
    const samplesMB = (await stage.worker.call('heapSamples')).slice(-HEAP_SAMPLES).map((bytes) => bytes / 1e6);
    await stage.close();
    await assertNothingLeft(contestant, stage, servers);
    const tenth = HEAP_SAMPLES / 10;
    return {
      jobs,
      perSecond,
      firstTenthMB: median(samplesMB.slice(0, tenth)),
      lastTenthMB: median(samplesMB.slice(-tenth)),
      samplesMB,
    };
  } finally {
    stage.kill();
  }
}

async function measureCritical(contestant, servers, waiting) {
  const filling = await openStage(contestant, servers, { without: ['worker'] });
  try {
    await filling.publisher.call('publishMany', { jobs: waiting, options: { priority: 'low' } });
    await filling.close();
  } finally {
    filling.kill();
  }
  const stage = await openStage(contestant, servers, {
    handler: 'slow',
    handlerOptions: { longestMs: LONGEST_HANDLER_MS },
  });
  try {
    await stage.worker.call('arm', { total: 1000 });
    await stage.worker.call('reached'); // every slot is taken by low jobs, at different stages of their work
    await stage.publisher.call('publishSteadily', {
      jobs: CRITICAL_JOBS,
      perSecond: CRITICAL_PER_SECOND,
      options: { priority: 'critical' },
    });
    const latencies = await startedCritical(stage);
    await stage.close();
    const left = await discardJobs(contestant, stage, servers, 'low');
    return {
      waiting,
      left,
      jobs: CRITICAL_JOBS,
      p50Ms: median(latencies),
      p99Ms: quantile(latencies, 0.99),
      slowestMs: Math.max(...latencies),
    };
  } finally {
    stage.kill();
  }
}

/** The latencies of all critical jobs: they are published, and the last may still wait for a slot. */
async function startedCritical(stage) {
  const latencies = [];
  const giveUpAt = Date.now() + 60_000;
  while (latencies.length < CRITICAL_JOBS) {
    if (Date.now() > giveUpAt)
      throw new Error(`only ${latencies.length} of ${CRITICAL_JOBS} critical jobs started within a minute`);
    latencies.push(...(await stage.worker.call('latencies')));
  }
  return latencies;
}
