import { setTimeout as sleep } from 'node:timers/promises';
import { openApi } from '../contestants/scutwork/api.mjs';
import { nowMs } from '../measure/clock.mjs';
import { keepInFlight } from '../measure/in-flight.mjs';
import { startSide } from '../measure/side.mjs';
import { median } from '../measure/statistics.mjs';
import { ceiling } from '../report/summary.mjs';
import { decimals, printTable, whole } from '../report/table.mjs';

const JOBS = 1_000_000;
const BATCH = 1_000;
const CONNECTIONS = 4;
const SAMPLES = 100;
/** Not counted: a process that has not done all it does yet grows until it has. */
const WARM_UP_SHARE = 0.03;
/** Further the worker does not fall behind: the lives of jobs, and what is told of them, are spread over the whole run. */
const MOST_BEHIND = 50_000;
const RECORDED_MS = 120_000;
/** Formats, and how many lines of theirs are no job: a heading, the brackets around all. */
const OTHER_LINES = { csv: 1, json: 2, ndjson: 0 };
const NEWLINE = 10;
const EXPORT_SAMPLES = 20;
const GROWTH = 1.1;
const WORKER = new URL('../contestants/scutwork/mail-worker.mjs', import.meta.url).href;

export const name = 'producer';
export const title = `${whole(JOBS)} jobs added over HTTP, worked and recorded, then exported: the producer's memory`;
export const contestants = [];

/** No contest: what is looked for is growth. */
export async function run({ servers, scale }) {
  const jobs = Math.round((JOBS * scale) / BATCH) * BATCH;
  const api = await openApi(servers);
  const worker = startSide('producer worker');
  try {
    await worker.call('openWorker', {
      module: WORKER,
      setting: { ...api.setting, concurrency: 100, records: 'on' },
      handler: 'count',
    });
    const warmUp = Math.ceil((jobs * WARM_UP_SHARE) / BATCH) * BATCH;
    await live(api, worker, { jobs: warmUp, already: 0 });
    const life = await live(api, worker, { jobs, already: warmUp });
    await worker.stop();
    const exports = [];
    for (const format of Object.keys(OTHER_LINES)) exports.push(await exported(api, format, warmUp + jobs));
    await api.close();
    return report(life, exports);
  } finally {
    worker.kill();
    api.kill();
  }
}

async function live(api, worker, { jobs, already }) {
  const { url, body } = api.many(BATCH);
  const batches = jobs / BATCH;
  const samples = [];
  const startedAtMs = nowMs();
  await keepInFlight(batches, CONNECTIONS, async (batch) => {
    const answer = await fetch(url, { method: 'POST', headers: api.headers, body });
    if (answer.status !== 202) throw new Error(`a batch was refused: ${await answer.text()}`);
    await answer.arrayBuffer();
    while (already + (batch + 1) * BATCH - (await worker.call('handled')) > MOST_BEHIND) await sleep(20);
    if ((batch + 1) % Math.ceil(batches / SAMPLES) === 0) samples.push(inMB(await api.memory()));
  });
  await recorded(api, already + jobs);
  return { jobs, perSecond: (jobs * 1000) / (nowMs() - startedAtMs), ...growthOf(samples), samples };
}

async function recorded({ database }, jobs) {
  const giveUpAt = nowMs() + RECORDED_MS;
  for (;;) {
    const { rows } = await database.query("select count(*)::int as n from history where state = 'completed'");
    if (rows[0].n === jobs) return;
    if (nowMs() > giveUpAt) throw new Error(`only ${rows[0].n} of ${jobs} jobs were recorded`);
    await sleep(500);
  }
}

/** Reads the whole file as fast as it comes, and asks in between for the memory of who sends it. */
async function exported(api, format, jobs) {
  const samples = [];
  const startedAtMs = nowMs();
  const answer = await fetch(api.history(format), { headers: api.headers });
  if (!answer.ok) throw new Error(`no ${format} was sent: ${await answer.text()}`);
  let [rows, bytes] = [0, 0];
  for await (const chunk of answer.body) {
    bytes += chunk.length;
    rows += linesIn(chunk);
    if (rows >= ((samples.length + 1) * jobs) / EXPORT_SAMPLES) samples.push(inMB(await api.memory()));
  }
  rows -= OTHER_LINES[format];
  if (rows !== jobs) throw new Error(`the ${format} has ${rows} of ${jobs} jobs`);
  const seconds = (nowMs() - startedAtMs) / 1000;
  return { format, perSecond: jobs / seconds, megabytes: bytes / 1e6, ...growthOf(samples), samples };
}

/** Payloads and results of this suite have no line breaks: a job is a line. */
function linesIn(chunk) {
  let count = 0;
  for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

const inMB = ({ heapUsed, external, rss }) => ({
  heapMB: heapUsed / 1e6,
  externalMB: external / 1e6,
  rssMB: rss / 1e6,
});

/** Of a tenth of the samples the median: what a batch under way holds is not growth. */
function growthOf(samples) {
  const tenth = Math.max(1, Math.round(samples.length / 10));
  const middle = (part, name) => median(part.map((sample) => sample[name]));
  const [first, last] = [samples.slice(0, tenth), samples.slice(-tenth)];
  return {
    firstTenthMB: middle(first, 'heapMB'),
    lastTenthMB: middle(last, 'heapMB'),
    rssMB: Math.max(...samples.map(({ rssMB }) => rssMB)),
  };
}

function report(life, exports) {
  const row = (what, { perSecond, firstTenthMB, lastTenthMB, rssMB }) => [
    ...[what, whole(perSecond)],
    ...[firstTenthMB, lastTenthMB, rssMB].map((value) => decimals(value, 1)),
  ];
  printTable(
    ["producer's memory, MB", 'jobs/s', 'heap after GC, first tenth', 'last tenth', 'process, most'],
    [
      row(`${whole(life.jobs)} jobs added, worked, recorded`, life),
      ...exports.map((one) => row(`exported as ${one.format} (${whole(one.megabytes)} MB)`, one)),
    ],
  );
  return {
    life,
    exports,
    claims: [
      ceiling("producer's heap over all jobs, last tenth to first", life.lastTenthMB / life.firstTenthMB, GROWTH),
      ...exports.map(({ format, firstTenthMB, lastTenthMB }) =>
        ceiling(`producer's heap in the export as ${format}, last tenth to first`, lastTenthMB / firstTenthMB, GROWTH),
      ),
    ],
  };
}
