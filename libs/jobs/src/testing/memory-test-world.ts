import type { Broker } from '../broker/broker';
import type { BrokerTestWorld } from '../broker/conformance/world';
import { type MemoryWorld, memoryWorld } from '../broker/memory/memory-broker';
import { namesFor } from '../topology/names';
import { type FakeClock, fakeClock } from './fake-clock';

export interface MemoryTestWorld extends BrokerTestWorld {
  readonly clock: FakeClock;
  readonly memory: MemoryWorld;
}

/** The memory broker on a fake clock, as the suites want it. */
export async function memoryTestWorld(): Promise<MemoryTestWorld> {
  const clock = fakeClock();
  const memory = memoryWorld({ clock });
  clock.watch(() => memory.activity());
  const brokers: Broker[] = [];
  const settled = (fault: () => void) => async (): Promise<void> => {
    fault();
    await clock.settle();
  };
  return {
    ...{ memory, clock, names: namesFor('test'), movesTime: true },
    advance: (ms) => clock.advance(ms),
    async connect() {
      const broker = memory.connect();
      brokers.push(broker);
      await broker.start();
      await clock.settle();
      return broker;
    },
    dropConnections: settled(() => memory.dropConnections()),
    goAway: settled(() => memory.goAway()),
    comeBack: settled(() => memory.comeBack()),
    closeChannel: (queue) => settled(() => memory.closeChannel(queue))(),
    deleteQueue: (queue) => settled(() => memory.deleteQueue(queue))(),
    async close() {
      const stopped = Promise.all(brokers.map((broker) => broker.stop({ deadlineMs: 0 })));
      await clock.advance(1);
      await stopped;
    },
  };
}
