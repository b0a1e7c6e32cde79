import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';

/** How slowly a gate lets things through. */
interface Pace {
  /** Milliseconds that each piece takes longer, in each direction. */
  delayMs?: number;
  bytesPerSecond?: number;
}

/** A way to a server that can be cut and closed without touching the server: other tests use it too. */
export interface TcpGate {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Cuts what is connected through it; it can be connected to again at once. */
  cut(): void;
  /** Cuts what is connected and hangs up on everyone until `open`. */
  shut(): void;
  open(): void;
  /** Nothing of what is connected gets through, and nobody is told: as when a cable is pulled. Who comes later passes. */
  freeze(): void;
  /** What was held up gets through. */
  thaw(): void;
  /** Hangs up on what was frozen. */
  dropFrozen(): void;
  /** For what is connected and what will be. No argument: as fast as it goes. */
  slow(pace?: Pace): void;
  close(): Promise<void>;
}

/** A gate before the server of this address, and the same address by the gate. */
export async function gateTo(url: string): Promise<{ gate: TcpGate; url: string }> {
  const { hostname, port } = new URL(url);
  const gate = await startTcpGate(hostname, Number(port));
  return { gate, url: through(url, gate) };
}

/** The same address, by the gate. */
export function through(url: string, gate: TcpGate): string {
  const gated = new URL(url);
  gated.host = `127.0.0.1:${gate.port}`;
  return gated.href;
}

export async function startTcpGate(host: string, port: number): Promise<TcpGate> {
  const passages = new Set<Passage>();
  let [isOpen, pace] = [true, {} as Pace];
  const server: Server = createServer({ noDelay: true }, (near) => {
    if (!isOpen) return void near.on('error', () => near.destroy()).destroy();
    const passage = new Passage(near, connect({ host, port, noDelay: true }), () => pace);
    passages.add(passage);
    near.on('close', () => passages.delete(passage));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (which: (passage: Passage) => boolean = () => true): void => {
    for (const passage of [...passages].filter(which)) passage.drop();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => cut(),
    shut() {
      isOpen = false;
      cut();
    },
    open() {
      isOpen = true;
    },
    freeze: () => passages.forEach((passage) => passage.freeze()),
    thaw: () => passages.forEach((passage) => passage.thaw()),
    dropFrozen: () => cut((passage) => passage.frozen),
    slow: (wanted = {}) => (pace = wanted),
    async close() {
      isOpen = false;
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

/** One connection through a gate. */
class Passage {
  frozen = false;
  private readonly there: Slowed;
  private readonly back: Slowed;

  constructor(
    private readonly near: Socket,
    private readonly far: Socket,
    pace: () => Pace,
  ) {
    this.there = new Slowed(pace);
    this.back = new Slowed(pace);
    // A cut is what this gate is for: its errors say nothing new.
    for (const socket of [near, far]) socket.on('error', () => socket.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.pipe(this.there).pipe(far);
    far.pipe(this.back).pipe(near);
  }

  freeze(): void {
    if (this.frozen) return;
    this.frozen = true;
    this.near.unpipe(this.there);
    this.far.unpipe(this.back);
  }

  thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    this.near.pipe(this.there);
    this.far.pipe(this.back);
  }

  drop(): void {
    this.near.destroy();
    this.far.destroy();
  }
}

class Slowed extends Transform {
  constructor(private readonly pace: () => Pace) {
    super();
  }

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const { delayMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY } = this.pace();
    const waitMs = delayMs + (piece.length * 1_000) / bytesPerSecond;
    if (waitMs === 0) return done(null, piece);
    setTimeout(() => done(null, piece), waitMs);
  }
}
