import { type Channel, connect } from 'amqplib';

/** Does by hand what nobody of ours does, on a channel of its own: what an operator does in the management pages. */
export async function onChannel(url: string, act: (channel: Channel) => Promise<unknown>): Promise<void> {
  const connection = await connect(url);
  try {
    await act(await connection.createChannel());
  } finally {
    await connection.close();
  }
}
