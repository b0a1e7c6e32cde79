import { PROBE_MESSAGE_TYPE } from '@scutwork/jobs/wire';
import { type Channel, connect } from 'amqplib';
import type { Depth } from '../oracle/evidence';
import type { Stage } from './stage';

/** The queues of a campaign and all that they hold, unacknowledged messages included. Not the stream: it keeps what was read. */
export async function depths({ ground, prefix, names }: Stage): Promise<Depth[]> {
  const text = await ground.broker.ctl('list_queues', '--no-table-headers', 'name', 'messages');
  return text
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([queue = '']) => queue.startsWith(`${prefix}.`) && queue !== names.control)
    .map(([queue = '', messages]) => ({ queue, messages: Number(messages) }));
}

/** The same without the markers that the ledger puts into work queues: where no worker is left nobody takes them. */
export async function depthsWithoutMarkers(stage: Stage): Promise<Depth[]> {
  const all = await depths(stage);
  if (all.every(({ messages }) => messages === 0)) return all;
  const connection = await connect(stage.ground.broker.url);
  try {
    const channel = await connection.createChannel();
    const found: Depth[] = [];
    for (const { queue, messages } of all) {
      // The inbox of the ledger lets nobody else take from it, and has no markers.
      const looksInto = messages > 0 && queue !== stage.names.ledger;
      found.push({ queue, messages: looksInto ? messages - (await markersIn(channel, queue, messages)) : messages });
    }
    return found;
  } finally {
    // What was looked at goes back.
    await connection.close();
  }
}

async function markersIn(channel: Channel, queue: string, messages: number): Promise<number> {
  let markers = 0;
  for (let n = 0; n < messages; n++) {
    const message = await channel.get(queue);
    if (message === false) break;
    if (message.properties.type === PROBE_MESSAGE_TYPE) markers++;
  }
  return markers;
}
