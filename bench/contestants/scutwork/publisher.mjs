import { JobsClient, namesFor } from '@scutwork/jobs';
import { keepInFlight } from '../../measure/in-flight.mjs';
import { benchJob } from './bench-job.mjs';
import { openBroker } from './broker.mjs';

const MANY = 10_000;

export async function openPublisher(setting) {
  const job = benchJob(setting.retry);
  const broker = openBroker(setting);
  const client = new JobsClient({ broker, jobs: [job], names: namesFor(setting.prefix), records: setting.records });
  await client.start();
  await client.ensureTopology();
  const add = (body, options) => client.add(job, body, options);

  return {
    publish: (jobs, payload, options) => keepInFlight(jobs, setting.window, (number) => add(payload(number), options)),

    async publishMany(jobs, payload, options) {
      for (let from = 0; from < jobs; from += MANY) {
        const numbers = Array.from({ length: Math.min(MANY, jobs - from) }, (_, index) => from + index);
        const { failures } = await client.addMany(
          job,
          numbers.map((number) => ({ payload: payload(number), options })),
        );
        if (failures.length > 0) throw failures[0].error;
      }
    },

    publishOne: add,

    async close() {
      await client.stop();
      await broker.stop();
    },
  };
}
