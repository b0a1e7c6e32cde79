import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server that can be cut and closed without touching the server: other tests use it too. */
export interface TcpGate {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Cuts what is connected through it; it can be connected to again at once. */
  cut(): void;
  /** Cuts what is connected and hangs up on everyone until `open`. */
  shut(): void;
  open(): void;
  /** Nothing gets through, and nobody is told: as when a cable is pulled. */
  freeze(): void;
  /** What was held up gets through. */
  thaw(): void;
  close(): Promise<void>;
}

export async function startTcpGate(host: string, port: number): Promise<TcpGate> {
  const sockets = new Set<Socket>();
  const pairs = new Set<readonly [Socket, Socket]>();
  let isOpen = true;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    // A cut is what this gate is for: its errors say nothing new.
    return socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const server: Server = createServer({ noDelay: true }, (near) => {
    keep(near);
    if (!isOpen) return void near.destroy();
    const far = keep(connect({ host, port, noDelay: true }));
    near.pipe(far).pipe(near);
    const pair = [near, far] as const;
    pairs.add(pair);
    near.on('close', () => {
      pairs.delete(pair);
      far.destroy();
    });
    far.on('close', () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of [...sockets]) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    shut() {
      isOpen = false;
      cut();
    },
    open() {
      isOpen = true;
    },
    freeze() {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
      }
    },
    thaw() {
      for (const [near, far] of pairs) near.pipe(far).pipe(near);
    },
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
