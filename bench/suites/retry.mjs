import { floor, summarize } from '../report/summary.mjs';
import { measure } from './end-to-end.mjs';
import { printThroughput, ratioOf, throughputRounds } from './throughput.mjs';

const AGAINST = ['bullmq'];
const PACE = 5_000;
const RETRY = { attempts: 2, delayMs: 100 };

export const name = 'retry';
export const title = 'Each job fails once and comes back after 100 ms, from the first publish to the last success';
export const contestants = ['bullmq', 'scutwork', 'scutwork-recorded'];

export async function run({ contestants, servers, rounds, scale }) {
  const results = await throughputRounds(contestants, rounds, (contestant) =>
    measure({ ...contestant, pace: PACE }, servers, scale, { setting: { retry: RETRY }, handler: 'failOnce' }),
  );
  const summary = summarize(results, contestants, { figure: ({ perSecond }) => perSecond, against: AGAINST });
  printThroughput(summary, 'retry', AGAINST);
  return { contestants: summary, claims: [floor('retry, to BullMQ', ratioOf(summary, 'scutwork', 'bullmq'), 1.2)] };
}
