import type { Fault } from './fault';
import { deleteQueues } from './delete-queues';

/** With what is in it: the ledger finds the jobs that are nowhere by its probes, and publishes them again. */
export const fault: Fault = {
  async strike({ stage }) {
    await deleteQueues(stage, 'purge');
    return { whom: 'the queues of "gone"', heal: () => undefined };
  },
};
