import type { Fault } from './fault';

/** In order, as an upgrade does. */
export const fault: Fault = {
  async strike({ stage }) {
    await stage.ground.broker.restart();
    return { whom: 'the broker', heal: () => undefined };
  },
};
