import type { ConfirmChannel } from 'amqplib';
import { Duplex } from 'node:stream';
import type { OutgoingMessage } from '../../contracts/message';
import { FRAME_OVERHEAD, roomForHead, writeBodyStart, writeFrameEnd, writeHead } from './publish-frames';

/** The frames of many messages are written into one piece of memory of this size, and leave as one. */
const SLAB_BYTES = 64 * 1024;
/** Longer bodies are sent from where they are. */
const COPIED_BODY_BYTES = 4 * 1024;

/** What amqplib keeps to itself of a channel. */
interface Wire {
  channel: number;
  frameMax: number;
  socket: Duplex;
}

/**
 * Puts messages on the wire of a channel at a fraction of the cost of amqplib's own `publish`, which makes a dozen objects
 * and five buffers of each: here a message is written once, behind the last one, and those of a turn leave together.
 */
export class PublishWriter {
  private slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  private start = 0;
  private end = 0;
  private planned: NodeJS.Immediate | undefined;
  private readonly drained = (): void => this.onFlow(true);

  private constructor(
    private readonly wire: Wire,
    private readonly onFlow: (flowing: boolean) => void,
  ) {}

  /**
   * Undefined when this amqplib is built otherwise: then its own `publish` is to be used.
   * @param onFlow told false when the socket wants a pause, and true when it has drained
   */
  static on(channel: ConfirmChannel, onFlow: (flowing: boolean) => void): PublishWriter | undefined {
    const wire = wireOf(channel);
    return wire && new PublishWriter(wire, onFlow);
  }

  /** Bytes that the socket has got rid of, while some lie in it; 0 when none do. */
  get leaving(): number {
    const { socket } = this.wire;
    const { bytesWritten = 0 } = socket as { bytesWritten?: number };
    return socket.writableLength === 0 ? 0 : bytesWritten - socket.writableLength;
  }

  /** @throws RangeError, TypeError when AMQP has no form for it; nothing of it is sent then */
  write(message: OutgoingMessage): void {
    const { channel, frameMax } = this.wire;
    const { body } = message;
    const copied = body.length <= COPIED_BODY_BYTES && body.length + FRAME_OVERHEAD <= frameMax;
    this.makeRoom(roomForHead(message) + (copied ? body.length : 0) + FRAME_OVERHEAD);
    const end = writeHead(this.slab, this.end, channel, message);
    if (end - this.end > frameMax)
      throw new RangeError(`its headers and properties do not fit into a frame of ${frameMax} bytes`);
    this.end = end;
    if (copied) this.copyBody(body);
    else this.sendBody(body);
    this.planned ??= setImmediate(() => this.flush());
  }

  /** Sends what was written; it happens by itself at the end of the turn. */
  flush(): void {
    clearImmediate(this.planned);
    this.planned = undefined;
    if (this.end > this.start) this.send(this.slab.subarray(this.start, this.end));
    this.start = this.end;
  }

  /** Its channel is gone, and the number of the channel may be given to another: nothing more may be sent. */
  discard(): void {
    clearImmediate(this.planned);
    this.planned = undefined;
    this.start = this.end;
    this.wire.socket.off('drain', this.drained);
  }

  private makeRoom(bytes: number): void {
    if (this.slab.length - this.end >= bytes) return;
    this.flush();
    this.slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes));
    this.start = 0;
    this.end = 0;
  }

  private copyBody(body: Buffer): void {
    if (body.length === 0) return;
    const at = writeBodyStart(this.slab, this.end, this.wire.channel, body.length);
    this.slab.set(body, at);
    this.end = writeFrameEnd(this.slab, at + body.length);
  }

  private sendBody(body: Buffer): void {
    const { channel, frameMax, socket } = this.wire;
    const most = frameMax - FRAME_OVERHEAD;
    socket.cork();
    for (let from = 0; from < body.length; from += most) {
      const piece = body.subarray(from, from + most);
      this.makeRoom(FRAME_OVERHEAD);
      this.end = writeBodyStart(this.slab, this.end, channel, piece.length);
      this.flush();
      this.send(piece);
      this.end = writeFrameEnd(this.slab, this.end);
    }
    // Another channel writes to the same socket: a frame that has begun must end before it does.
    this.flush();
    socket.uncork();
  }

  private send(bytes: Buffer): void {
    const { socket } = this.wire;
    if (socket.write(bytes) || socket.listeners('drain').includes(this.drained)) return;
    socket.once('drain', this.drained);
    this.onFlow(false);
  }
}

function wireOf(channel: ConfirmChannel): Wire | undefined {
  const { ch, connection } = channel as { ch?: unknown; connection: { frameMax?: unknown; stream?: unknown } };
  const { frameMax, stream } = connection;
  if (typeof ch !== 'number' || typeof frameMax !== 'number' || !(stream instanceof Duplex)) return undefined;
  return { channel: ch, frameMax, socket: stream };
}
