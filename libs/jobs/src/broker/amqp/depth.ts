import type { ChannelModel } from 'amqplib';
import type { QueueDepth } from '../broker';
import { closeChannel } from './close-channel';
import { brokerErrorOf, missingOf } from './broker-error';

/**
 * Ready messages and consumers by a passive declare, on a channel of its own: the broker closes it when there is no such
 * queue. @throws BrokerError
 */
export async function queueDepth(model: ChannelModel, queue: string): Promise<QueueDepth | undefined> {
  try {
    const channel = await model.createChannel();
    channel.on('error', () => undefined);
    const { messageCount, consumerCount } = await channel.checkQueue(queue);
    await closeChannel(channel);
    return { messages: messageCount, consumers: consumerCount };
  } catch (error) {
    if (missingOf(error)) return undefined;
    throw brokerErrorOf(error, { operation: 'read', name: queue });
  }
}
