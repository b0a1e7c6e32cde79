import { fault as brokerKilled } from './broker-killed';
import { fault as databaseKilled } from './database-killed';
import type { Fault } from './fault';
import { fault as memoryAlarm } from './memory-alarm';
import { fault as producerKilled } from './producer-killed';
import { fault as workerKilled } from './worker-killed';

const PAIRS: readonly (readonly [Fault, Fault])[] = [
  [brokerKilled, databaseKilled],
  [brokerKilled, workerKilled],
  [brokerKilled, producerKilled],
  [memoryAlarm, workerKilled],
  [databaseKilled, workerKilled],
];

/** What each of the others mends, the other may be needed for. */
export const fault: Fault = {
  async strike(scene) {
    const pair = scene.random.pick(PAIRS);
    const struck = await Promise.all(pair.map(async (one) => one.strike(scene)));
    return {
      whom: struck.map(({ whom }) => whom).join(' and '),
      // The servers first: who needs them waits for them.
      heal: async () => {
        for (const { heal } of struck) await heal();
      },
    };
  },
};
