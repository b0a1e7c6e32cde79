import { PRIORITIES } from '@scutwork/jobs';
import { onChannel } from '../../support/on-channel';
import { until } from '../../support/until';
import { queuesWith } from '../stage/depths';
import type { Stage } from '../stage/stage';

export async function deleteQueues({ ground, names }: Stage, how: 'delete' | 'purge'): Promise<void> {
  await onChannel(ground.broker.url, async (channel) => {
    for (const priority of PRIORITIES) {
      const queue = names.work('gone', priority);
      await (how === 'delete' ? channel.deleteQueue(queue) : channel.purgeQueue(queue));
    }
  });
}

const REMADE_MS = 120_000;

/**
 * The queues are there again, and somebody consumes each. RabbitMQ 3.10.8 that is killed while it makes a quorum queue is left
 * with one that crashes whoever touches it, until somebody deletes it: that is not ours to mend, so no kill comes now. One
 * that comes a second later can do the same, and is followed by who deletes it (damaged-queues.ts).
 */
export async function remade(stage: Stage): Promise<void> {
  await until(
    'the deleted queues and a consumer of each',
    async () => {
      const consumers = new Map(await queuesWith(stage, 'consumers'));
      return PRIORITIES.every((priority) => Number(consumers.get(stage.names.work('gone', priority)) ?? -1) > 0);
    },
    REMADE_MS,
  );
}
