import { assertNothingLeft } from '../measure/leftovers.mjs';
import { interleave } from '../measure/rounds.mjs';
import { openStage, runJobs } from '../measure/stage.mjs';
import { quantile } from '../measure/statistics.mjs';
import { ceiling, of, summarize } from '../report/summary.mjs';
import { decimals, printTable } from '../report/table.mjs';

const PER_SECOND = 100;
/** Of 1,200 jobs the 12th worst is the p99: of 600 it was a matter of luck. */
const SECONDS = 12;
/** At full speed: at this pace it would take minutes until the engine has compiled what runs. */
const WARM_UP_JOBS = 5_000;
const WARM_UP_SECONDS = 1;

export const name = 'light-load';
export const title = `Enqueue to start at ${PER_SECOND} jobs a second`;
export const contestants = ['raw', 'bullmq', 'golevelup', 'nest-rmq', 'scutwork', 'scutwork-recorded'];

export async function run({ contestants, servers, rounds, scale }) {
  const results = await interleave(contestants, rounds, (contestant) => measure(contestant, servers, scale), tell);
  const medians = (figure) => summarize(results, contestants, { figure });
  const p50 = medians((result) => result.p50Ms);
  const p99 = medians((result) => result.p99Ms);
  printTable(
    ['enqueue to start, ms', 'p50', 'p99', 'p50 / p99 of each round'],
    p50.map((row, index) => [
      row.title,
      decimals(row.median),
      decimals(p99[index].median),
      row.rounds.map(({ p50Ms, p99Ms }) => `${decimals(p50Ms)} / ${decimals(p99Ms)}`).join('   '),
    ]),
  );
  const rawP50 = of(p50, 'raw')?.median;
  return {
    contestants: p50.map(({ median, ratios: _ratios, ...row }, index) => ({
      ...row,
      p50Ms: median,
      p99Ms: p99[index].median,
    })),
    claims: ['scutwork', 'scutwork-recorded'].flatMap((ours) => [
      ceiling(`${ours}: p50 in ms (raw + 0.5)`, of(p50, ours)?.median, rawP50 === undefined ? undefined : rawP50 + 0.5),
      ceiling(`${ours}: p99 in ms (BullMQ's)`, of(p99, ours)?.median, of(p99, 'bullmq')?.median),
    ]),
  };
}

async function measure(contestant, servers, scale) {
  const jobs = Math.max(PER_SECOND, Math.round(SECONDS * PER_SECOND * scale));
  const pacing = Math.max(PER_SECOND / 2, Math.round(WARM_UP_SECONDS * PER_SECOND * scale));
  const stage = await openStage(contestant, servers, { handler: 'latency' });
  try {
    await runJobs(stage, { jobs: WARM_UP_JOBS, already: 0, serverPid: servers[contestant.server].pid });
    await publishAndWait(stage, pacing, WARM_UP_JOBS);
    await stage.worker.call('latencies');
    await publishAndWait(stage, jobs, WARM_UP_JOBS + pacing);
    const latencies = await stage.worker.call('latencies');
    await stage.close();
    await assertNothingLeft(contestant, stage, servers);
    return { jobs, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99), maxMs: Math.max(...latencies) };
  } finally {
    stage.kill();
  }
}

async function publishAndWait(stage, jobs, already) {
  await stage.worker.call('arm', { total: already + jobs });
  await stage.publisher.call('publishSteadily', { jobs, perSecond: PER_SECOND });
  await stage.worker.call('reached');
}

function tell({ round, contestant, result }) {
  const figures = `p50 ${decimals(result.p50Ms)} ms  p99 ${decimals(result.p99Ms)} ms`;
  console.log(`  round ${round}  ${contestant.title.padEnd(42)} ${figures}`);
}
