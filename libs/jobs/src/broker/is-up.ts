import type { BrokerState } from './broker';

/** Whether there is a connection; an alarm that blocks publishing does not end it. */
export const isUp = (state: BrokerState): state is Extract<BrokerState, { name: 'connected' | 'blocked' }> =>
  state.name === 'connected' || state.name === 'blocked';
