import { discardJobs } from '../measure/leftovers.mjs';
import { serverCpuMs } from '../measure/server-cpu.mjs';
import { openStage } from '../measure/stage.mjs';
import { floor, summarize } from '../report/summary.mjs';
import { printThroughput, ratioOf, throughputRounds } from './throughput.mjs';

const AGAINST = ['raw', 'bullmq'];
const SECONDS = 2;
const WARM_UP_SHARE = 0.2;
const PACE = { raw: 50_000, bullmq: 18_000, scutwork: 50_000, 'scutwork-recorded': 40_000 };

export const name = 'add-many';
export const title = 'Publishing only: raw with 1,000 unconfirmed, addMany, addBulk by 1,000';
export const contestants = ['raw', 'bullmq', 'scutwork', 'scutwork-recorded'];

export async function run({ contestants, servers, rounds, scale }) {
  const results = await throughputRounds(contestants, rounds, (contestant) => measure(contestant, servers, scale));
  const summary = summarize(results, contestants, { figure: ({ perSecond }) => perSecond, against: AGAINST });
  printThroughput(summary, 'add many', AGAINST);
  return {
    contestants: summary,
    claims: [floor('addMany, to raw publish', ratioOf(summary, 'scutwork', 'raw'), 0.85)],
  };
}

async function measure(contestant, servers, scale) {
  const jobs = Math.round(PACE[contestant.name] * SECONDS * scale);
  const warmUp = Math.round(jobs * WARM_UP_SHARE);
  const serverPid = servers[contestant.server].pid;
  const stage = await openStage(contestant, servers, { without: ['worker'] });
  try {
    await stage.publisher.call('publishMany', { jobs: warmUp });
    const cpuBefore = serverCpuMs(serverPid);
    const { startedAtMs, finishedAtMs, cpuMs } = await stage.publisher.call('publishMany', { jobs });
    const serverMs = serverCpuMs(serverPid) - cpuBefore;
    await stage.close();
    const stored = await discardJobs(contestant, stage, servers);
    if (stored < warmUp + jobs) throw new Error(`${contestant.name} stored ${stored} of ${warmUp + jobs} jobs`);
    const ms = finishedAtMs - startedAtMs;
    return {
      jobs,
      ms,
      perSecond: (jobs * 1000) / ms,
      cpuMicrosPerJob: { publisher: (cpuMs * 1000) / jobs, server: (serverMs * 1000) / jobs },
    };
  } finally {
    stage.kill();
  }
}
