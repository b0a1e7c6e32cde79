import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { LocalError } from './local-error';

/**
 * Below the range from which the kernel takes the ports of outgoing connections (Linux: 32768 up): a client that keeps
 * dialling a port in that range while its server is down can end up connected to itself.
 */
const [lowest, highest] = [10_240, 32_000];

/** Free TCP ports on 127.0.0.1, all different. Nothing holds them: use them soon. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries++) {
    if (tries > 1_000) throw new LocalError('PORT_TAKEN', 'found no free port on 127.0.0.1', 'free some ports');
    const port = randomInt(lowest, highest);
    if (!found.has(port) && (await isPortFree(port))) found.add(port);
  }
  return [...found];
}

/** Whether one could listen on this port of 127.0.0.1. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Whether something accepts connections there. */
export function acceptsConnections(port: number, host = '127.0.0.1', deadlineMs = 1_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(deadlineMs, () => settle(false));
    socket.once('error', () => settle(false));
    socket.once('connect', () => settle(true));
  });
}
