import { assertNothingLeft, assertRecorded } from '../measure/leftovers.mjs';
import { openStage, runJobs } from '../measure/stage.mjs';
import { floor, summarize } from '../report/summary.mjs';
import { printThroughput, ratioOf, throughputRounds } from './throughput.mjs';

const SECONDS = 3;
const WARM_UP_SHARE = 0.2;
const RECORDS_PER_JOB = 2; // submitted and completed, at least
const AGAINST = ['raw', 'bullmq'];

export const name = 'end-to-end';
export const title = 'From the first publish to the last job handled';
export const contestants = ['raw', 'raw-classic', 'bullmq', 'golevelup', 'nest-rmq', 'scutwork', 'scutwork-recorded'];

export async function run({ contestants, servers, rounds, scale }) {
  const results = await throughputRounds(contestants, rounds, (contestant) => measure(contestant, servers, scale));
  const summary = summarize(results, contestants, { figure: ({ perSecond }) => perSecond, against: AGAINST });
  printThroughput(summary, 'end to end', AGAINST);
  return {
    contestants: summary,
    claims: [
      floor('untracked, to raw', ratioOf(summary, 'scutwork', 'raw'), 0.85),
      floor('records confirmed before ack, to raw', ratioOf(summary, 'scutwork-recorded', 'raw'), 0.7),
      floor('records confirmed before ack, to BullMQ', ratioOf(summary, 'scutwork-recorded', 'bullmq'), 1.9),
    ],
  };
}

/** One run: new processes, a warm-up that is not counted, then the measured jobs. */
export async function measure(contestant, servers, scale, options = {}) {
  const jobs = Math.round(contestant.pace * SECONDS * scale);
  const warmUp = Math.round(jobs * WARM_UP_SHARE);
  const serverPid = servers[contestant.server].pid;
  const stage = await openStage(contestant, servers, options);
  try {
    await runJobs(stage, { jobs: warmUp, already: 0, serverPid });
    const result = await runJobs(stage, { jobs, already: warmUp, serverPid });
    await assertRecorded(stage, RECORDS_PER_JOB * (warmUp + jobs));
    await stage.close();
    await assertNothingLeft(contestant, stage, servers);
    return result;
  } finally {
    stage.kill();
  }
}
