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

const protocolHeader = Buffer.from('AMQP\u0000\u0000\u0009\u0001', 'latin1');

/** Whether an AMQP 0-9-1 broker answers there: it must reply to the protocol header with `connection.start`. */
export function answersAmqp(port: number, host = '127.0.0.1', deadlineMs = 2_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    let received = Buffer.alloc(0);
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(deadlineMs, () => settle(false));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
    socket.once('connect', () => socket.write(protocolHeader));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 11) settle(isConnectionStart(received));
    });
  });
}

/** A method frame (1) on channel 0 with class 10, method 10. */
function isConnectionStart(frame: Buffer): boolean {
  return (
    frame.readUInt8(0) === 1 &&
    frame.readUInt16BE(1) === 0 &&
    frame.readUInt16BE(7) === 10 &&
    frame.readUInt16BE(9) === 10
  );
}
