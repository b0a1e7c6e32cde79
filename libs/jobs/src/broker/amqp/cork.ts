import type { ChannelModel } from 'amqplib';
import type { Duplex } from 'node:stream';

interface CorkableMux {
  _readIncoming(): void;
}

/**
 * Lets what amqplib writes in one turn of the event loop leave by one system call in place of one per frame. amqplib has
 * no public way to say so: its mux is found by its shape, and left alone when it has another.
 *
 * @returns false when this amqplib cannot be corked
 */
export function corkWrites(model: ChannelModel): boolean {
  const { muxer, stream } = model.connection as { muxer?: unknown; stream?: unknown };
  if (!isMux(muxer) || !isCorkable(stream)) return false;
  const readIncoming = muxer._readIncoming.bind(muxer);
  muxer._readIncoming = () => {
    stream.cork();
    try {
      readIncoming();
    } finally {
      stream.uncork();
    }
  };
  return true;
}

function isMux(candidate: unknown): candidate is CorkableMux {
  return (
    typeof candidate === 'object' &&
    candidate !== null &&
    typeof (candidate as CorkableMux)._readIncoming === 'function'
  );
}

function isCorkable(candidate: unknown): candidate is Duplex {
  const stream = candidate as Partial<Duplex> | undefined;
  return typeof stream?.cork === 'function' && typeof stream.uncork === 'function';
}
