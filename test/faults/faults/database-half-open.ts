import { databaseGates } from './database-gates';
import type { Fault } from './fault';

/** Each side believes the other there, and hears nothing. New connections get through. */
export const fault: Fault = {
  strike({ stage }) {
    const gates = databaseGates(stage);
    for (const gate of gates) gate.freeze();
    return { whom: 'all producers', heal: () => gates.forEach((gate) => gate.dropFrozen()) };
  },
};
