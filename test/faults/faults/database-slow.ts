import { databaseGates } from './database-gates';
import type { Fault } from './fault';

export const fault: Fault = {
  strike(scene) {
    const delayMs = scene.random.between(100, 400);
    const gates = databaseGates(scene.stage);
    for (const gate of gates) gate.slow({ delayMs });
    return { whom: `all producers, ${delayMs} ms`, heal: () => gates.forEach((gate) => gate.slow()) };
  },
};
