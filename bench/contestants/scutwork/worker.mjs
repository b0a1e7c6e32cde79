import { Handlers, Worker, namesFor } from '@scutwork/jobs';
import { benchJob } from './bench-job.mjs';
import { openBroker } from './broker.mjs';

const PREFETCH = 1000; // concurrency and what is being settled: this bench's jobs take microseconds

export async function openWorker(setting, handle) {
  const broker = openBroker(setting);
  const handlers = new Handlers();
  handlers.register(benchJob(setting.retry), (payload, context) => handle(payload, context.attempt));
  const worker = new Worker({
    broker,
    handlers,
    names: namesFor(setting.prefix),
    records: setting.records,
    queues: { bench: { concurrency: setting.concurrency, prefetch: PREFETCH } },
  });
  await worker.start();
  return {
    async close() {
      await worker.stop();
      await broker.stop();
    },
  };
}
