import type { Fault } from './fault';
import { someGates } from './gates';

/** Each side believes the other there, and hears nothing. New connections get through. */
export const fault: Fault = {
  strike(scene) {
    const { whom, gates } = someGates(scene);
    for (const gate of gates) gate.freeze();
    return { whom, heal: () => gates.forEach((gate) => gate.dropFrozen()) };
  },
};
