import { connect } from 'amqplib';
import type { Fault } from './fault';

/** A queue of a stranger, bound to the events and full: no job depends on who listens. */
export const fault: Fault = {
  async strike({ stage }) {
    const { names, ground } = stage;
    const connection = await connect(ground.broker.url);
    connection.on('error', () => undefined);
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    const queue = `${stage.prefix}-stranger`;
    await channel.assertQueue(queue, {
      durable: true,
      arguments: { 'x-queue-type': 'quorum', 'x-max-length': 1, 'x-overflow': 'reject-publish' },
    });
    await channel.bindQueue(queue, names.events, '#');
    for (let message = 0; message < 5; message++) channel.publish(names.events, 'work.completed', Buffer.from('{}'));
    return {
      whom: 'whoever publishes to it',
      heal: async () => {
        await channel.deleteQueue(queue);
        await connection.close();
      },
    };
  },
};
