import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { amqpBroker, Handlers, JobsClient, namesFor, Worker } from '@scutwork/jobs';
import { Database, Ledger } from '@scutwork/ledger';
import { freePorts } from '@scutwork/local';
import { benchJob } from '../contestants/scutwork/bench-job.mjs';
import { serverCpuMs } from '../measure/server-cpu.mjs';
import { quantile } from '../measure/statistics.mjs';
import { ceiling } from '../report/summary.mjs';
import { decimals, printTable, whole } from '../report/table.mjs';
import { startApp } from '../setup/app-process.mjs';
import { freshDatabase } from '../setup/postgres.mjs';

const SCHEDULES = 10_000;
const FAST = 20;
const SECONDS = 30;
const LOAD_PER_SECOND = 200;
const TICK_MS = 250;
const STARTING_MS = 5_000;
const CORE_PERCENT = 5;
const SCHEDULER = fileURLToPath(new URL('../../apps/scheduler/dist/main.js', import.meta.url));
const BENCH = { name: 'bench', role: 'operator' };

export const name = 'schedules';
export const title = `${whole(SCHEDULES)} schedules, and ${FAST} that tick each second under ${LOAD_PER_SECOND} jobs a second`;
export const contestants = [];

/** No contest: no peer keeps its schedules in the same way. Ledger, worker and load are this process; the scheduler is its own. */
export async function run({ servers, scale }) {
  const schedules = Math.round(SCHEDULES * scale);
  const site = await openSite(servers);
  try {
    await makeSchedules(site.ledger, schedules);
    const scheduler = await startScheduler(site, schedules + FAST);
    try {
      const cpuPercent = await cpuOf(scheduler.pid, SECONDS * scale);
      const lateMs = await latenessUnderLoad(site, SECONDS * scale);
      return report({ schedules, allTickingMs: scheduler.allTickingMs, cpuPercent, lateMs });
    } finally {
      scheduler.kill();
    }
  } finally {
    await site.close();
  }
}

async function openSite({ rabbitmq, postgres }) {
  const prefix = `b${randomBytes(4).toString('hex')}`;
  const names = namesFor(prefix);
  const open = () => amqpBroker({ urls: [rabbitmq.url], names });
  const job = benchJob();
  const lateMs = [];
  const handlers = new Handlers();
  handlers.register(job, (_payload, { scheduledFor }) => {
    if (scheduledFor) lateMs.push(Date.now() - scheduledFor.getTime());
  });
  const databaseUrl = await freshDatabase(postgres);
  const database = new Database({ url: databaseUrl });
  const [atLedger, atWorker, atClient] = [open(), open(), open()];
  const ledger = new Ledger({ broker: atLedger, databaseUrl, names, jobs: [job], events: loud });
  await ledger.start();
  await ledger.ready();
  const worker = new Worker({ broker: atWorker, handlers, names });
  const client = new JobsClient({ broker: atClient, names, jobs: [job] });
  await worker.start();
  await client.start();
  const close = async () => {
    await client.stop();
    await worker.stop();
    await ledger.stop();
    await database.close();
    for (const broker of [atLedger, atWorker, atClient]) await broker.stop();
  };
  return { ...{ rabbitmq, prefix, database, job, ledger, client, lateMs, close } };
}

/** One of them ticks about every hour at a minute of its own, as most of ten thousand do. */
async function makeSchedules(ledger, count) {
  const make = (n) => {
    const fast = n >= count;
    const when = fast
      ? { every: '1s' }
      : { cron: `${n % 60} ${Math.floor(n / 60) % 60} * * * *`, timeZone: 'Europe/Berlin' };
    return ledger.createSchedule({ name: `s${n}`, type: 'bench.job', payload: {}, ...when }, BENCH);
  };
  for (let first = 0; first < count + FAST; first += 100)
    await Promise.all(Array.from({ length: Math.min(100, count + FAST - first) }, (_, i) => make(first + i)));
}

async function startScheduler({ rabbitmq, prefix, database }, wanted) {
  const [port] = await freePorts(1);
  const env = {
    AMQP_URL: rabbitmq.url,
    SCUTWORK_PREFIX: prefix,
    PORT: String(port),
    LOG_LEVEL: 'warn',
  };
  // Changes go out one after the other; what is measured is a scheduler that finds them all there.
  while ((await database.query('select 1 from control_log limit 1')).length > 0) await sleep(100);
  const startedAt = performance.now();
  const isReady = async (answer) => {
    const { ticking, schedules } = (await answer.json()).details?.schedules ?? {};
    return ticking && schedules === wanted;
  };
  const app = await startApp(SCHEDULER, { env, url: `http://127.0.0.1:${port}/health`, isReady });
  return { ...app, allTickingMs: performance.now() - startedAt };
}

async function cpuOf(pid, seconds) {
  const [before, startedAt] = [serverCpuMs(pid), performance.now()];
  await sleep(seconds * 1_000);
  return ((serverCpuMs(pid) - before) / (performance.now() - startedAt)) * 100;
}

/** From the moment of a tick to the start of its job: more than until it is published. */
async function latenessUnderLoad({ client, job, lateMs }, seconds) {
  lateMs.length = 0;
  const endsAt = Date.now() + seconds * 1_000;
  while (Date.now() < endsAt) {
    await client.addMany(
      job,
      Array.from({ length: LOAD_PER_SECOND / 20 }, () => ({ payload: {} })),
    );
    await sleep(50);
  }
  return [...lateMs];
}

function report({ schedules, allTickingMs, cpuPercent, lateMs }) {
  const p99Ms = quantile(lateMs, 0.99);
  printTable(
    ['schedules', 'figure'],
    [
      ['schedules', whole(schedules)],
      ['start of the process to all ticking, ms', whole(allTickingMs)],
      ["scheduler's share of a core, %", decimals(cpuPercent)],
      ['ticks under load', whole(lateMs.length)],
      ['moment to start of its job, p50 ms', decimals(quantile(lateMs, 0.5))],
      ['moment to start of its job, p99 ms', decimals(p99Ms)],
    ],
  );
  return {
    ...{ schedules, allTickingMs, cpuPercent, ticks: lateMs.length, p50Ms: quantile(lateMs, 0.5), p99Ms },
    claims: [
      ceiling('moment to start of its job, p99 ms', p99Ms, TICK_MS),
      ceiling('start of the process to all ticking, ms', allTickingMs, STARTING_MS),
      ceiling("scheduler's share of a core, %", cpuPercent, CORE_PERCENT),
    ],
  };
}

/** A bench that fails quietly measures nothing. */
const loud = {
  failed: (what, error) => console.error(`${what}: ${error.stack}`),
  parked: (queue, reason) => console.error(`parked from ${queue}: ${reason}`),
  missed: (schedule, moments) => console.error(`${schedule} missed ${moments}`),
  noticed: (what) => console.error(what),
};
