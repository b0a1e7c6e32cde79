import { workQueue } from '../work-queue.mjs';
import { openConnection } from './connection.mjs';

export async function openWorker(setting, handle) {
  const connection = await openConnection(setting);
  const [queue, queueOptions] = workQueue(setting);
  await connection.createSubscriber(async (body) => void handle(body), { queue, queueOptions }, 'bench');
  return { close: () => connection.close() };
}
