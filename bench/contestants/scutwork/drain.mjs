import { namesFor, planTopology } from '@scutwork/jobs';
import { connect } from 'amqplib';
import { openBroker } from './broker.mjs';

const NEWLINE = 10;

/** Takes the records as a ledger would, from a quorum queue of its own, and counts them. */
export async function openWorker(setting, count) {
  const names = namesFor(setting.prefix);
  const broker = openBroker(setting);
  await broker.start();
  await broker.apply(planTopology({ names, queues: [] }));
  await broker.stop();

  const queue = `${setting.prefix}.ledger`;
  const connection = await connect(setting.amqpUrl, { noDelay: true });
  const channel = await connection.createChannel();
  await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  await channel.bindQueue(queue, names.records, '');
  await channel.prefetch(100);
  await channel.consume(queue, (message) => {
    for (let lines = linesIn(message.content); lines > 0; lines -= 1) count();
    channel.ack(message);
  });
  return { close: () => connection.close() };
}

function linesIn(batch) {
  let lines = 1;
  for (let at = batch.indexOf(NEWLINE); at !== -1; at = batch.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}
