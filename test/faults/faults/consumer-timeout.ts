import { CONSUMER_TIMEOUT_MS } from '../stage/ground';
import type { Fault } from './fault';

/** A job that runs on past it: the broker closes the channel, and gives what came on it to others. */
export const fault: Fault = {
  strike({ load }) {
    load.hold(CONSUMER_TIMEOUT_MS + 8_000);
    return { whom: 'who runs the job', heal: () => undefined };
  },
};
