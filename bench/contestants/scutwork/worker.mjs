import { Handlers, Worker, namesFor } from '@scutwork/jobs';
import { benchJob } from './bench-job.mjs';
import { openBroker } from './broker.mjs';

const PREFETCH = 1000; // concurrency and what is being settled: this bench's jobs take microseconds

export function openWorker(setting, handle) {
  return openWorkerOf(benchJob(setting.retry), setting, handle);
}

export async function openWorkerOf(job, setting, handle) {
  const broker = openBroker(setting);
  const handlers = new Handlers();
  handlers.register(job, (payload, context) => handle(payload, context.attempt));
  const worker = new Worker({
    broker,
    handlers,
    names: namesFor(setting.prefix),
    records: setting.records,
    queues: { [job.queue]: { concurrency: setting.concurrency, prefetch: PREFETCH } },
  });
  await worker.start();
  return {
    async close() {
      await worker.stop();
      await broker.stop();
    },
  };
}
