import type { Channel, ChannelModel } from 'amqplib';
import type { OpenRepliesOptions, ReplyQueue } from '../broker';
import { brokerErrorOf } from './broker-error';
import { closeChannel } from './close-channel';
import { guarded } from './guarded';
import { incomingMessage } from './incoming';
import type { ResolvedAmqpOptions } from './options';

/** A queue that the broker names, of this connection alone: it goes with its channel and does not come back. */
export class AmqpReplies implements ReplyQueue {
  name = '';
  private channel: Channel | undefined;
  private closing = false;

  constructor(
    private readonly replies: OpenRepliesOptions,
    private readonly options: ResolvedAmqpOptions,
    private readonly onClosed: () => void,
  ) {}

  /** Resolves when answers can come. @throws BrokerError */
  async open(model: ChannelModel): Promise<void> {
    try {
      const channel = (this.channel = await model.createChannel());
      channel.on('error', () => undefined); // Its close says the same.
      channel.on('close', () => this.lost());
      this.name = (await channel.assertQueue('', { exclusive: true, autoDelete: true })).queue;
      await channel.consume(this.name, (message) => message && this.receive(message), { noAck: true });
    } catch (error) {
      void this.close();
      throw brokerErrorOf(error, { operation: 'consume', name: 'a queue for answers' });
    }
  }

  async close(): Promise<void> {
    this.closing = true;
    this.onClosed();
    if (this.channel) await closeChannel(this.channel);
  }

  private lost(): void {
    this.onClosed();
    if (!this.closing) guarded(this.options.events, this.name, () => this.replies.onLost?.());
    this.closing = true;
  }

  private receive(message: Parameters<typeof incomingMessage>[1]): void {
    if (this.closing) return;
    guarded(this.options.events, this.name, () => this.replies.onReply(incomingMessage(this.name, message)));
  }
}
