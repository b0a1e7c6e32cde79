import { type ChannelModel, connect } from 'amqplib';
import type { ControlMessage } from '../../libs/jobs/src/wire';

/** All that is on the control stream, from its first message on. */
export async function readControlStream(url: string, stream: string): Promise<ControlStream> {
  const model = await connect(url);
  const channel = await model.createChannel();
  await channel.prefetch(1_000);
  const messages: ControlMessage[] = [];
  await channel.consume(
    stream,
    (message) => {
      if (!message) return;
      messages.push(JSON.parse(message.content.toString()) as ControlMessage);
      channel.ack(message);
    },
    { arguments: { 'x-stream-offset': 'first' } },
  );
  return new ControlStream(model, messages);
}

export class ControlStream {
  constructor(
    private readonly model: ChannelModel,
    readonly messages: ControlMessage[],
  ) {}

  get deltas() {
    return this.messages.filter((message) => message.kind === 'delta');
  }

  get snapshots() {
    return this.messages.filter((message) => message.kind === 'snapshot');
  }

  async close(): Promise<void> {
    await this.model.close();
  }
}
