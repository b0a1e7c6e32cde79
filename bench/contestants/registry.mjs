import { workQueueOf } from './scutwork/bench-job.mjs';

/**
 * Who takes part. Each folder holds publisher.mjs (`openPublisher(setting)`) and worker.mjs (`openWorker(setting, handle)`);
 * `setting` is what this contestant wants different from the harness's defaults. `pace` is roughly its jobs per second end
 * to end: a contestant gets the number of jobs that keeps it busy for about as long as the others. Those of the suite `api` have
 * api.mjs (`openApi(servers)`) in place of both.
 */
export const contestants = [
  { name: 'raw', title: 'raw amqplib, quorum, ack each', folder: 'raw', server: 'rabbitmq', pace: 30_000 },
  {
    name: 'raw-classic',
    title: 'raw amqplib, classic queue',
    folder: 'raw',
    server: 'rabbitmq',
    pace: 24_000,
    setting: { queueType: 'classic' },
  },
  { name: 'bullmq', title: 'BullMQ, Redis AOF everysec', folder: 'bullmq', server: 'redis', pace: 10_000 },
  { name: 'golevelup', title: '@golevelup/nestjs-rabbitmq', folder: 'golevelup', server: 'rabbitmq', pace: 24_000 },
  { name: 'nest-rmq', title: 'Nest RMQ transport', folder: 'nest-rmq', server: 'rabbitmq', pace: 15_000 },
  {
    name: 'scutwork',
    title: 'Scutwork, untracked',
    folder: 'scutwork',
    server: 'rabbitmq',
    pace: 27_000,
    setting: { records: 'off', prefix: 'bench.untracked' },
    queueName: workQueueOf,
  },
  {
    name: 'scutwork-recorded',
    title: 'Scutwork, records confirmed before ack',
    folder: 'scutwork',
    server: 'rabbitmq',
    pace: 24_000,
    drain: true,
    setting: { records: 'on', prefix: 'bench.recorded' },
    queueName: workQueueOf,
  },
  {
    name: 'scutwork-tracked',
    title: 'Scutwork, every job final in PostgreSQL',
    folder: 'scutwork',
    server: 'rabbitmq',
    pace: 18_000,
    drain: 'ledger',
    setting: { records: 'on', prefix: 'bench.tracked' },
    queueName: workQueueOf,
  },
  { name: 'bullmq-api', title: 'BullMQ behind Fastify', folder: 'bullmq', server: 'redis' },
  { name: 'scutwork-api', title: 'Scutwork, committed in PostgreSQL', folder: 'scutwork', server: 'rabbitmq' },
];

/** The contestants of these names, in this order. */
export function named(names) {
  return names.map((name) => {
    const contestant = contestants.find((candidate) => candidate.name === name);
    if (!contestant)
      throw new Error(`no contestant is called "${name}"; there are ${contestants.map((c) => c.name).join(', ')}`);
    return contestant;
  });
}
