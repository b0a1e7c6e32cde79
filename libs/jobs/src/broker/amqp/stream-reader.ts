import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import type { ReadStreamOptions, StreamReader } from '../broker';
import { type Doing, brokerErrorOf } from './broker-error';
import { Epoch } from './epoch';
import { guarded } from './guarded';
import type { ResolvedAmqpOptions } from './options';
import { within } from '../../lifecycle/pause';

/** Messages on their way to this reader at most: each ack lets the broker send another. */
const PREFETCH = 1_000;
const CLOSE_MS = 5_000;

/** One consumer of a stream on a channel of its own. Unlike a subscription it does not come back by itself. */
export class AmqpStreamReader implements StreamReader {
  private epoch: Epoch | undefined;
  private fault: string | undefined;
  private opened = false;
  private closing = false;

  constructor(
    private readonly read: ReadStreamOptions,
    private readonly options: ResolvedAmqpOptions,
    private readonly onClosed: () => void,
  ) {}

  /** Resolves when it is being read. @throws BrokerError */
  async open(model: ChannelModel): Promise<void> {
    const { queue, from } = this.read;
    try {
      const channel = await model.createChannel();
      const epoch = (this.epoch = new Epoch(queue, channel));
      this.watch(channel, epoch);
      await channel.prefetch(PREFETCH, false);
      await channel.consume(queue, (message) => this.receive(epoch, message), {
        arguments: { 'x-stream-offset': from === 'last' ? from : secondOf(from.timestampMs) },
      });
      this.opened = true;
    } catch (error) {
      void this.close();
      throw brokerErrorOf(error, this.doing);
    }
    // It may have been lost in the very turn in which it was opened.
    if (!this.epoch.alive) this.lost();
  }

  async close(): Promise<void> {
    this.closing = true;
    this.onClosed();
    if (this.epoch) await within(this.options.clock, CLOSE_MS, this.epoch.close());
  }

  private watch(channel: Channel, epoch: Epoch): void {
    channel.on('error', (error) => {
      this.fault ??= brokerErrorOf(error, this.doing).message;
    });
    channel.on('close', () => {
      epoch.end();
      this.onClosed();
      if (this.opened) this.lost();
    });
  }

  private lost(): void {
    if (this.closing) return;
    this.closing = true;
    guarded(this.options.events, this.read.queue, () => this.read.onLost?.(this.fault ?? 'the connection was lost'));
  }

  private receive(epoch: Epoch, message: ConsumeMessage | null): void {
    if (message === null) {
      this.fault = `the broker ended the reading of "${this.read.queue}": the stream was deleted or has moved`;
      void epoch.close();
      return;
    }
    const delivery = epoch.delivery(message);
    delivery.ack();
    if (!this.closing) guarded(this.options.events, this.read.queue, () => this.read.onMessage(delivery.message));
  }

  private get doing(): Doing {
    return { operation: 'consume', name: this.read.queue };
  }
}

/** AMQP has seconds, amqplib its own way to say that a number is a time. */
function secondOf(timestampMs: number): { '!': 'timestamp'; value: number } {
  return { '!': 'timestamp', value: Math.max(0, Math.floor(timestampMs / 1_000)) };
}
