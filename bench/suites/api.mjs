import { interleave } from '../measure/rounds.mjs';
import { load } from '../measure/load.mjs';
import { serverCpuMs } from '../measure/server-cpu.mjs';
import { floor, of, summarize } from '../report/summary.mjs';
import { decimals, printTable, whole } from '../report/table.mjs';

const CONNECTIONS = 50;
const SINGLE_JOBS = 20_000;
const BATCH = 1_000;
const BATCHES = 100;
const BATCH_CONNECTIONS = 4;
const WARM_UP_SHARE = 0.2;

export const name = 'api';
export const title = `Jobs added over HTTP with a token: one a request by ${CONNECTIONS} connections, and ${whole(BATCH)} a request`;
export const contestants = ['bullmq-api', 'scutwork-api'];

export async function run({ contestants, servers, rounds, scale }) {
  const results = await interleave(contestants, rounds, (contestant) => measure(contestant, servers, scale), tell);
  const medians = (figure) => summarize(results, contestants, { figure, against: ['bullmq-api'] });
  const [single, batch] = [
    medians((result) => result.single.perSecond),
    medians((result) => result.batch.jobsPerSecond),
  ];
  print('one job a request, requests/s', single, ({ single }) => single);
  print(`${whole(BATCH)} jobs a request, jobs/s`, batch, ({ batch }) => batch);
  return {
    contestants: single.map(({ median, ratios, ...row }, at) => ({
      ...row,
      ...{ perSecond: median, ratios, batchJobsPerSecond: batch[at].median, batchRatios: batch[at].ratios },
    })),
    claims: [
      floor('POST /api/v1/jobs, committed a second', of(single, 'scutwork-api')?.median, 2_000),
      floor('POST /api/v1/jobs/batch, jobs committed a second', of(batch, 'scutwork-api')?.median, 20_000),
    ],
  };
}

/** New processes, a warm-up that is not counted; a figure counts only if all that was answered is stored. */
async function measure({ folder, name }, servers, scale) {
  const { openApi } = await import(`../contestants/${folder}/api.mjs`);
  const api = await openApi(servers);
  try {
    const single = await timed(api, api.one, 1, { connections: CONNECTIONS, amount: SINGLE_JOBS * scale });
    const many = { connections: BATCH_CONNECTIONS, amount: BATCHES * scale };
    const batch = await timed(api, api.many(BATCH), BATCH, many);
    const wanted = (1 + WARM_UP_SHARE) * scale * (SINGLE_JOBS + BATCHES * BATCH);
    const stored = await api.stored();
    if (stored !== wanted) throw new Error(`${name} stored ${stored} of ${wanted} jobs`);
    await api.close();
    return { single, batch };
  } finally {
    api.kill();
  }
}

async function timed({ pid, headers }, request, jobsEach, { connections, amount }) {
  await load(request, { headers, connections, amount: amount * WARM_UP_SHARE });
  const before = serverCpuMs(pid);
  const loaded = await load(request, { headers, connections, amount });
  const jobs = amount * jobsEach;
  const cpuMicrosPerJob = ((serverCpuMs(pid) - before) * 1000) / jobs;
  return { ...loaded, jobs, jobsPerSecond: loaded.perSecond * jobsEach, cpuMicrosPerJob };
}

function print(unit, summary, part) {
  const rounds = summary[0]?.rounds ?? [];
  printTable(
    [unit, 'median', 'to BullMQ', ...rounds.map((_, at) => `round ${at + 1}`), 'p50 ms', 'p99 ms', 'CPU µs a job'],
    summary.map(({ title, median, ratios, rounds }) => [
      ...[title, whole(median), decimals(ratios['bullmq-api']?.median)],
      ...rounds.map((round) => whole(part(round).jobsPerSecond)),
      ...['p50Ms', 'p99Ms', 'cpuMicrosPerJob'].map((name) => decimals(mean(rounds.map((round) => part(round)[name])))),
    ]),
  );
}

function tell({ round, contestant, result: { single, batch } }) {
  const figures = `${whole(single.jobsPerSecond).padStart(8)}/s  by ${whole(BATCH)}: ${whole(batch.jobsPerSecond).padStart(8)}/s`;
  console.log(`  round ${round}  ${contestant.title.padEnd(42)} ${figures}`);
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
