import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { type Readable, Transform, type TransformCallback } from 'node:stream';

/** How slowly a gate lets things through. */
interface Pace {
  /** Milliseconds that each piece takes longer, in each direction. */
  delayMs?: number;
  bytesPerSecond?: number;
}

/** AMQP 0-9-1 section 1.1: the class and the method. */
interface AmqpMethod {
  classId: number;
  methodId: number;
}

type Swallowed = () => AmqpMethod | undefined;

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
  /** For what will be connected: the server's frames of this AMQP method, asked for each time, do not get through. */
  swallow(method: Swallowed): void;
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
  let swallowed: Swallowed | undefined;
  const server: Server = createServer({ noDelay: true }, (near) => {
    if (!isOpen) return void near.on('error', () => near.destroy()).destroy();
    const passage = new Passage(near, connect({ host, port, noDelay: true }), () => pace, swallowed);
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
    swallow: (method) => (swallowed = method),
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
  private readonly answers: Readable;

  constructor(
    private readonly near: Socket,
    private readonly far: Socket,
    pace: () => Pace,
    swallowed: Swallowed | undefined,
  ) {
    this.there = new Slowed(pace);
    this.back = new Slowed(pace);
    this.answers = swallowed ? far.pipe(new WithoutMethod(swallowed)) : far;
    // A cut is what this gate is for: its errors say nothing new.
    for (const socket of [near, far]) socket.on('error', () => socket.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.pipe(this.there).pipe(far);
    this.answers.pipe(this.back).pipe(near);
  }

  freeze(): void {
    if (this.frozen) return;
    this.frozen = true;
    this.near.unpipe(this.there);
    this.answers.unpipe(this.back);
  }

  thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    this.near.pipe(this.there);
    this.answers.pipe(this.back);
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

/** AMQP 0-9-1 section 4.2.3: type, channel, size, payload, an octet for the end. */
class WithoutMethod extends Transform {
  private rest = Buffer.alloc(0);

  constructor(private readonly swallowed: Swallowed) {
    super();
  }

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.rest = Buffer.concat([this.rest, piece]);
    for (let frame = this.next(); frame; frame = this.next()) if (!this.isSwallowed(frame)) this.push(frame);
    done();
  }

  private next(): Buffer | undefined {
    if (this.rest.length < 7) return undefined;
    const length = 7 + this.rest.readUInt32BE(3) + 1;
    if (this.rest.length < length) return undefined;
    const frame = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    return frame;
  }

  private isSwallowed(frame: Buffer): boolean {
    const { classId, methodId } = this.swallowed() ?? {};
    return frame[0] === 1 && frame.readUInt16BE(7) === classId && frame.readUInt16BE(9) === methodId;
  }
}
