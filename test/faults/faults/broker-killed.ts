import type { Fault } from './fault';

/** As a crash, or a lost machine that comes back with its disk. */
export const fault: Fault = {
  async strike({ stage }) {
    const { broker } = stage.ground;
    await broker.kill();
    return { whom: 'the broker', heal: () => broker.restart() };
  },
};
