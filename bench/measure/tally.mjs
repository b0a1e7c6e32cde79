import { nowMs } from './clock.mjs';

/** Counts handled jobs, and says when a number of them was reached. Plain and cheap: it sits in every handler. */
export function createTally({ heapSampleEvery = 0 } = {}) {
  let target = Infinity;
  let reached = () => {};
  const tally = {
    handled: 0,
    latenciesMs: [],
    heapBytes: [],
    add() {
      tally.handled += 1;
      if (tally.handled === target) reached(nowMs());
      if (heapSampleEvery > 0 && tally.handled % heapSampleEvery === 0) tally.heapBytes.push(heapAfterCollection());
    },
    /** Resolves with the instant at which `total` jobs have been handled since the start. */
    until(total) {
      target = total;
      return tally.handled >= total ? Promise.resolve(nowMs()) : new Promise((resolve) => (reached = resolve));
    },
  };
  return tally;
}

function heapAfterCollection() {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
