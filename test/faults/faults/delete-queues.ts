import { PRIORITIES } from '@scutwork/jobs';
import { connect } from 'amqplib';
import type { Stage } from '../stage/stage';

export async function deleteQueues({ ground, names }: Stage, how: 'delete' | 'purge'): Promise<void> {
  const connection = await connect(ground.broker.url);
  try {
    const channel = await connection.createChannel();
    for (const priority of PRIORITIES) {
      const queue = names.work('gone', priority);
      await (how === 'delete' ? channel.deleteQueue(queue) : channel.purgeQueue(queue));
    }
  } finally {
    await connection.close();
  }
}
