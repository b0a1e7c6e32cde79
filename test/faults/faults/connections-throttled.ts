import type { Fault } from './fault';
import { someGates } from './gates';

export const fault: Fault = {
  strike(scene) {
    const { whom, gates } = someGates(scene);
    const bytesPerSecond = scene.random.between(4, 16) * 1_024;
    for (const gate of gates) gate.slow({ bytesPerSecond });
    return { whom: `${whom}, ${bytesPerSecond} B/s`, heal: () => gates.forEach((gate) => gate.slow()) };
  },
};
