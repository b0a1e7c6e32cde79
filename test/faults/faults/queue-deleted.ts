import { becomes } from '../../../libs/local/src';
import { depths } from '../stage/depths';
import type { Fault } from './fault';
import { deleteQueues, remade } from './delete-queues';

const EMPTY_MS = 15_000;

/** Empty, under its consumers: whoever publishes or consumes makes it anew. */
export const fault: Fault = {
  async strike({ stage, load }) {
    const goOn = await load.stillGone();
    const work = `${stage.prefix}.gone.`;
    const isEmpty = async (): Promise<boolean> =>
      (await depths(stage)).every(({ queue, messages }) => messages === 0 || !queue.startsWith(work));
    // What is in it would be gone with it: that is the other fault.
    if (!(await becomes(isEmpty, EMPTY_MS, 200))) return { whom: 'nobody: it did not become empty', heal: goOn };
    await deleteQueues(stage, 'delete');
    const heal = async (): Promise<void> => {
      await remade(stage);
      goOn();
    };
    return { whom: 'the queues of "gone"', heal };
  },
};
