import type { Fault } from './fault';
import { someGates } from './gates';

export const fault: Fault = {
  strike(scene) {
    const { whom, gates } = someGates(scene);
    const delayMs = scene.random.between(50, 400);
    for (const gate of gates) gate.slow({ delayMs });
    return { whom: `${whom}, ${delayMs} ms`, heal: () => gates.forEach((gate) => gate.slow()) };
  },
};
