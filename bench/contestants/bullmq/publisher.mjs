import { Queue } from 'bullmq';
import { keepInFlight } from '../../measure/in-flight.mjs';

const ADDS_IN_FLIGHT = 100;
const BULK = 1000;

export async function openPublisher({ redisPort, queue: name, retry }) {
  const queue = new Queue(name, { connection: { host: '127.0.0.1', port: redisPort } });
  await queue.waitUntilReady();
  const options = {
    removeOnComplete: true,
    ...(retry && { attempts: retry.attempts, backoff: { type: 'fixed', delay: retry.delayMs } }),
  };
  const add = (body) => queue.add('bench', body, options);

  return {
    publish: (jobs, payload) => keepInFlight(jobs, ADDS_IN_FLIGHT, (number) => add(payload(number))),

    async publishMany(jobs, payload) {
      for (let from = 0; from < jobs; from += BULK) {
        const numbers = Array.from({ length: Math.min(BULK, jobs - from) }, (_, index) => from + index);
        await queue.addBulk(numbers.map((number) => ({ name: 'bench', data: payload(number), opts: options })));
      }
    },

    publishOne: add,
    close: () => queue.close(),
  };
}
