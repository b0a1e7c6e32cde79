import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from './clock.mjs';
import { sentAtMs } from './payload.mjs';

/**
 * What a worker does with a job, by the name a suite asks for: `(payload, attempt)`, attempt counted from 1.
 * Each counts its successes into `tally`; throwing fails the attempt.
 */
export const handlers = {
  count: (tally) => () => tally.add(),

  failOnce: (tally) => (_payload, attempt) => {
    if (attempt === 1) throw new Error('the first attempt fails');
    tally.add();
  },

  latency: (tally) => (payload) => {
    tally.latenciesMs.push(nowMs() - sentAtMs(payload));
    tally.add();
  },

  /**
   * Works for half of `longestMs` to all of it, so that the slots of a worker do not become free all at once. Takes the
   * latency of the jobs that carry an instant.
   */
  slow:
    (tally, { longestMs }) =>
    async (payload) => {
      if (payload.at !== 0) tally.latenciesMs.push(nowMs() - sentAtMs(payload));
      await sleep(longestMs * (0.5 + Math.random() / 2));
      tally.add();
    },
};
