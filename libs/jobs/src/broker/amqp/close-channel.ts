import type { Channel } from 'amqplib';

/**
 * Closes a channel; resolves when it is closed, however that came about. amqplib's own promise stays open for ever when
 * the connection ends before the broker has answered.
 */
export function closeChannel(channel: Channel): Promise<void> {
  return new Promise((resolve) => {
    const closed = (): void => resolve();
    channel.once('close', closed);
    channel.close().then(closed, closed);
  });
}
