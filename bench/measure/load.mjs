import autocannon from 'autocannon';
import { nowMs } from './clock.mjs';

/** Posts one body again and again, `connections` at a time, until it was answered `amount` times: 202 each time, or it throws. */
export async function load({ url, body }, { headers, connections, amount }) {
  const request = { url, method: 'POST', headers, body };
  const startedAtMs = nowMs();
  let answeredAtMs;
  const result = await new Promise((resolve, reject) => {
    const options = { ...request, connections: Math.min(connections, amount), amount, timeout: 60 };
    const loading = autocannon(options, (error, done) => (error ? reject(error) : resolve(done)));
    // It tells its end in whole seconds: the last answer is when it was.
    loading.on('response', () => (answeredAtMs = nowMs()));
  });
  const ms = answeredAtMs - startedAtMs;
  if (result['2xx'] !== amount) {
    const { '2xx': taken, non2xx, errors, timeouts } = result;
    throw new Error(
      `of ${amount} requests ${taken} were taken, ${non2xx} refused; ${errors} failed, ${timeouts} in time`,
    );
  }
  const { p50, p99 } = result.latency;
  return { ms, perSecond: (amount * 1000) / ms, p50Ms: p50, p99Ms: p99 };
}
