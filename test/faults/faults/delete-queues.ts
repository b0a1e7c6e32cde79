import { PRIORITIES } from '@scutwork/jobs';
import { connect } from 'amqplib';
import { until } from '../../support/until';
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

const REMADE_MS = 120_000;

/**
 * The queues are there again, with their consumers. RabbitMQ 3.10.8 that is killed while it makes a quorum queue is left
 * with one that crashes whoever touches it, until somebody deletes it: that is not ours to mend, so no kill comes now. One
 * that comes a second later can do the same, and is followed by who deletes it (damaged-queues.ts).
 */
export async function remade({ ground, names, of }: Stage): Promise<void> {
  const consumers = of('worker').length - 1;
  await until(
    'the deleted queues and their consumers',
    async () => {
      const text = await ground.broker.ctl('list_queues', '--no-table-headers', 'name', 'consumers');
      const lines = text.split('\n').map((line) => line.split('\t'));
      const has = (queue: string): boolean =>
        lines.some(([name, count]) => name === queue && Number(count) >= consumers);
      return PRIORITIES.every((priority) => has(names.work('gone', priority)));
    },
    REMADE_MS,
  );
}
