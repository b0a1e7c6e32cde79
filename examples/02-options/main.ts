import { randomUUID } from 'node:crypto';
import {
  EventBus,
  Handlers,
  JobNotAccepted,
  JobsClient,
  RetryAfterError,
  UnrecoverableError,
  Worker,
  amqpBroker,
  defineJob,
  namesFor,
} from '@scutwork/jobs';
import { z } from 'zod';

// #region definition
const Invoice = defineJob({
  type: 'invoice.send',
  payload: z.object({ number: z.number() }),
  attempts: 4,
  backoff: { type: 'exponential', delay: '200ms', multiplier: 2, maxDelay: '1m', jitter: 0.2 },
  timeout: '30s',
});
// #endregion

const names = namesFor(process.env.SCUTWORK_PREFIX);
const broker = amqpBroker({ urls: [process.env.AMQP_URL ?? 'amqp://127.0.0.1:5672'], names });
const events = new EventBus();
const jobs = new JobsClient({ broker, names, jobs: [Invoice] });
const handlers = new Handlers();

// #region handler
handlers.register(Invoice, async ({ number }, context) => {
  const response = await post(number, context.signal);
  if (response.status === 429) throw new RetryAfterError(response.retryAfterMs, 'rate limited');
  if (response.status === 404) throw new UnrecoverableError(`there is no invoice ${number}`);
  if (response.status >= 500) throw new Error(`the server answered ${response.status}`);
  context.log('info', 'sent', { number, attempt: context.attempt });
  return { sentAt: new Date().toISOString() };
});
// #endregion

// #region custom
const backoffFunctions = {
  fibonacci: (attempt: number) => ([1, 1, 2, 3, 5][attempt - 1] ?? 8) * 1_000,
};
const worker = new Worker({
  broker,
  names,
  handlers,
  events,
  backoffFunctions,
  queues: { invoice: { concurrency: 2 } },
});
// #endregion

/** A server that has its moods. */
const answers = new Map([
  [1, [500, 200]],
  [2, [429, 200]],
  [3, [404]],
]);
async function post(number: number, _signal: AbortSignal): Promise<{ status: number; retryAfterMs: number }> {
  return { status: answers.get(number)?.shift() ?? 200, retryAfterMs: 300 };
}

async function add(): Promise<void> {
  // #region priority
  await jobs.add(Invoice, { number: 4 }, { priority: 'critical' });
  await jobs.add(Invoice, { number: 5 }, { priority: 20 }); // 1 is the highest, 20 the lowest
  // #endregion
  // #region delay
  await jobs.add(Invoice, { number: 6 }, { delay: 500 });
  await jobs.add(Invoice, { number: 7 }, { delay: '1s' });
  await jobs.add(Invoice, { number: 8 }, { delay: new Date(Date.now() + 700) });
  await jobs.add(Invoice, { number: 9 }, { delay: '2s', expiresAt: new Date(Date.now() + 1_000) });
  // #endregion
  // #region unknown
  const id = randomUUID();
  try {
    await jobs.add(Invoice, { number: 1 }, { id });
  } catch (error) {
    if (!(error instanceof JobNotAccepted)) throw error; // the payload or an option is wrong
    if (error.outcome === 'unknown') await jobs.add(Invoice, { number: 1 }, { id: error.jobId }); // safe to repeat
  }
  // #endregion
  // #region retry-options
  await jobs.add(Invoice, { number: 2 }, { attempts: 10, backoff: '5s' });
  await jobs.add(Invoice, { number: 3 }, { retries: 2, backoff: { type: 'custom', name: 'fibonacci' } });
  // #endregion
}

// #region events
events.on('retrying', ({ type, attempt, delayMs, failure }) => {
  console.log(`${type} failed at attempt ${attempt}: ${failure.message}; again in ${delayMs} ms`);
});
events.on('dead', ({ id, reason, failure }) => console.log(`${id} is dead (${reason}): ${failure.message}`));
// #endregion

async function main(): Promise<void> {
  let ended = 0;
  const count = async (): Promise<void> => {
    if (++ended < 9) return;
    console.log('all nine have ended');
    await jobs.stop();
    await worker.stop();
    await broker.stop();
  };
  for (const name of ['completed', 'dead', 'expired'] as const) events.on(name, () => void count());
  await jobs.start();
  await worker.start();
  await add();
}
void main();
