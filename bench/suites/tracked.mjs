import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from '../measure/clock.mjs';
import { assertNothingLeft } from '../measure/leftovers.mjs';
import { openStage, runJobs } from '../measure/stage.mjs';
import { median } from '../measure/statistics.mjs';
import { freshDatabase } from '../setup/postgres.mjs';
import { ceiling, floor, of, summarize } from '../report/summary.mjs';
import { whole } from '../report/table.mjs';
import { measure } from './end-to-end.mjs';
import { printThroughput, ratioOf, throughputRounds } from './throughput.mjs';

const SECONDS = 3;
const WARM_UP_SHARE = 0.2;
const DRAIN_MS = 60_000;
const AGAINST = ['raw', 'bullmq'];

export const name = 'tracked';
export const title =
  'From the first publish to the last job handled, with a ledger that records every job in PostgreSQL';
export const contestants = ['raw', 'bullmq', 'scutwork-tracked'];

export async function run({ contestants, servers, rounds, scale }) {
  const results = await throughputRounds(contestants, rounds, (contestant) =>
    contestant.drain === 'ledger' ? measureTracked(contestant, servers, scale) : measure(contestant, servers, scale),
  );
  const summary = summarize(results, contestants, { figure: ({ perSecond }) => perSecond, against: AGAINST });
  printThroughput(summary, 'end to end', AGAINST);
  const lags = of(summary, 'scutwork-tracked')?.rounds.map(({ lagMs }) => lagMs);
  if (lags) console.log(`the ledger had recorded all, ms after the last job: ${lags.map(whole).join(', ')}`);
  return {
    contestants: summary,
    claims: [
      floor('fully tracked, to raw', ratioOf(summary, 'scutwork-tracked', 'raw'), 0.5),
      floor('fully tracked, to BullMQ', ratioOf(summary, 'scutwork-tracked', 'bullmq'), 1.5),
      ceiling('ms until the ledger has recorded all', lags && median(lags), 2_000),
    ],
  };
}

/** Like any other run, on a database of its own; it ends when every job is final there, payload and times included. */
async function measureTracked(contestant, servers, scale) {
  const jobs = Math.round(contestant.pace * SECONDS * scale);
  const warmUp = Math.round(jobs * WARM_UP_SHARE);
  const setting = { databaseUrl: await freshDatabase(servers.postgres) };
  const stage = await openStage(contestant, servers, { setting });
  try {
    const serverPid = servers.rabbitmq.pid;
    await runJobs(stage, { jobs: warmUp, already: 0, serverPid });
    const result = await runJobs(stage, { jobs, already: warmUp, serverPid });
    const lagMs = await recorded(stage, warmUp + jobs);
    await stage.close();
    await assertNothingLeft(contestant, stage, servers);
    return { ...result, lagMs };
  } finally {
    stage.kill();
  }
}

async function recorded(stage, jobs) {
  const sinceMs = nowMs();
  for (;;) {
    const { completed } = await stage.drain.call('facts');
    if (completed === jobs) return nowMs() - sinceMs;
    if (completed > jobs) throw new Error(`${completed} jobs are in the history, ${jobs} were added`);
    if (nowMs() - sinceMs > DRAIN_MS) throw new Error(`only ${completed} of ${jobs} jobs were recorded`);
    await sleep(100); // counting them takes the database some ms: asked more often it would have little time left to record
  }
}
