import { PRIORITIES } from '@scutwork/jobs';
import { PROBE_MESSAGE_TYPE } from '@scutwork/jobs/wire';
import { type Channel, connect } from 'amqplib';
import type { Depth } from '../oracle/evidence';
import type { Stage } from './stage';

/** The queues of a campaign, each with what RabbitMQ says of it under this name. */
export async function queuesWith(
  { ground, prefix }: Stage,
  column: 'messages' | 'consumers' | 'state',
): Promise<[queue: string, value: string][]> {
  const text = await ground.broker.ctl('list_queues', '--no-table-headers', 'name', column);
  return text
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([queue = '']) => queue.startsWith(`${prefix}.`))
    .map(([queue = '', value = '']) => [queue, value]);
}

/** All that they hold, unacknowledged messages included. Not the stream: it keeps what was read. */
export async function depths(stage: Stage): Promise<Depth[]> {
  const found = await queuesWith(stage, 'messages');
  return found
    .filter(([queue]) => queue !== stage.names.control)
    .map(([queue, messages]) => ({ queue, messages: Number(messages) }));
}

/**
 * The same without the markers that the ledger puts into work queues: where no worker is left nobody takes them. Only
 * when none is left: what is looked at counts as one more delivery.
 */
export async function depthsWithoutMarkers(stage: Stage): Promise<Depth[]> {
  const all = await depths(stage);
  if (all.every(({ messages }) => messages === 0)) return all;
  const connection = await connect(stage.ground.broker.url);
  try {
    const channel = await connection.createChannel();
    const found: Depth[] = [];
    for (const { queue, messages } of all)
      found.push({
        queue,
        messages: isWork(queue) ? messages - (await markersIn(channel, queue, messages)) : messages,
      });
    return found;
  } finally {
    // What was looked at goes back.
    await connection.close();
  }
}

const isWork = (queue: string): boolean => PRIORITIES.some((priority) => queue.endsWith(`.${priority}`));

async function markersIn(channel: Channel, queue: string, messages: number): Promise<number> {
  let markers = 0;
  for (let n = 0; n < messages; n++) {
    const message = await channel.get(queue);
    if (message === false) break;
    if (message.properties.type === PROBE_MESSAGE_TYPE) markers++;
  }
  return markers;
}
