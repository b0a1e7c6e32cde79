import { Worker } from 'bullmq';

export async function openWorker({ redisPort, queue, concurrency }, handle) {
  const worker = new Worker(queue, async (job) => handle(job.data, job.attemptsMade + 1), {
    connection: { host: '127.0.0.1', port: redisPort },
    concurrency,
  });
  worker.on('error', (error) => console.error('bullmq', error));
  await worker.waitUntilReady();
  return { close: () => worker.close() };
}
