import type { Fault } from './fault';
import { someGates } from './gates';

/** Cut, and refused for a while. */
export const fault: Fault = {
  strike(scene) {
    const { whom, gates } = someGates(scene);
    for (const gate of gates) gate.shut();
    return { whom, heal: () => gates.forEach((gate) => gate.open()) };
  },
};
