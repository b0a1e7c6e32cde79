import { becomes } from '../../../libs/local/src';
import { queuesWith } from '../stage/depths';
import type { Scene } from './fault';

/** A queue whose members only take their time is up by then. */
const UP_MS = 15_000;

/**
 * What an operator does: a queue that stays "down" after the only node of a broker is back holds nothing that anybody can
 * get at, so it is deleted. RabbitMQ 3.10.8 leaves such a queue when it is killed within about a second of making it.
 */
export async function deleteDamaged({ stage, note }: Pick<Scene, 'stage' | 'note'>): Promise<void> {
  if (stage.ground.cluster || (await becomes(async () => (await down(stage)).length === 0, UP_MS, 500))) return;
  for (const queue of await down(stage)) {
    await stage.ground.broker.ctl('delete_queue', queue);
    note(`"${queue}" was down when the broker was back: deleted, as its operator would`);
  }
}

async function down(stage: Scene['stage']): Promise<string[]> {
  const found = await queuesWith(stage, 'state');
  return found.filter(([, state]) => state === 'down').map(([queue]) => queue);
}
