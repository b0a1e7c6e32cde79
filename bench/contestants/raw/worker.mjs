import { connect } from 'amqplib';
import { workQueue } from '../work-queue.mjs';

/** The plain consumer of every tutorial: prefetch, handle, ack each. */
export async function openWorker(setting, handle) {
  const connection = await connect(setting.amqpUrl, { noDelay: true });
  const channel = await connection.createChannel();
  await channel.assertQueue(...workQueue(setting));
  await channel.prefetch(setting.prefetch);
  await channel.consume(setting.queue, (message) => {
    handle(JSON.parse(message.content.toString()));
    channel.ack(message);
  });
  return { close: () => connection.close() };
}
