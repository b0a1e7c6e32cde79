import { Handlers, JobsClient, Worker, amqpBroker, defineJob, namesFor } from '@scutwork/jobs';
import { z } from 'zod';

const Greet = defineJob({ type: 'greeting.send', payload: z.object({ name: z.string() }), attempts: 5 });

const handlers = new Handlers();
handlers.register(Greet, async ({ name }, context) => {
  console.log(`Hello ${name}! This is attempt ${context.attempt} of job ${context.id}.`);
  setImmediate(() => void worker.stop().then(() => broker.stop()));
});

const names = namesFor(process.env.SCUTWORK_PREFIX);
const broker = amqpBroker({ urls: [process.env.AMQP_URL ?? 'amqp://127.0.0.1:5672'], names });
const worker = new Worker({ broker, names, handlers });
const jobs = new JobsClient({ broker, names, jobs: [Greet] });

async function main(): Promise<void> {
  await Promise.all([jobs.start(), worker.start()]);
  await jobs.add(Greet, { name: 'Ada' }, { delay: '1s' });
}
void main();
