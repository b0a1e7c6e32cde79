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
