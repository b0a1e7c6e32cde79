import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

const ALIVE2_REQ = 120;
/** Answers to it, of the two versions of the protocol; the second byte is 0 when the name is taken down. */
const ALIVE2_RESP = [121, 118];
const NORMAL_NODE = 77;
const AGAIN_MS = 20;

/**
 * Tells an epmd, Erlang's name server, that a node is to be found on this port: whoever looks for it there goes our way.
 * For as long as it is not ended, also when that epmd begins anew. Resolves when it has been told once.
 */
export async function announce(node: string, port: number, epmdPort: number): Promise<{ end(): void }> {
  let [isOver, socket] = [false, undefined as Socket | undefined];
  const told = async (): Promise<void> => {
    socket = await tellOnce(node, port, epmdPort);
    socket?.once('close', again);
    if (!socket) again();
  };
  const again = (): void => {
    if (!isOver) setTimeout(() => void told(), AGAIN_MS).unref();
  };
  await told();
  return {
    end() {
      isOver = true;
      socket?.destroy();
    },
  };
}

/** The connection that keeps the name; undefined when nobody is there to be told, or the name is taken. */
async function tellOnce(node: string, port: number, epmdPort: number): Promise<Socket | undefined> {
  const socket = connect({ port: epmdPort, host: '127.0.0.1' });
  socket.unref();
  try {
    await once(socket, 'connect');
    socket.write(request(node, port));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    if (ALIVE2_RESP.includes(answer[0] ?? 0) && answer[1] === 0) return socket.on('error', () => socket.destroy());
  } catch {
    // Between two epmds there is none.
  }
  socket.destroy();
  return undefined;
}

/** Of a node of protocol versions 5 to 6, the ones in use. */
function request(node: string, port: number): Buffer {
  const name = Buffer.from(node);
  const body = Buffer.alloc(13 + name.length);
  body.writeUInt8(ALIVE2_REQ, 0);
  body.writeUInt16BE(port, 1);
  body.writeUInt8(NORMAL_NODE, 3);
  body.writeUInt16BE(6, 5);
  body.writeUInt16BE(5, 7);
  body.writeUInt16BE(name.length, 9);
  name.copy(body, 11);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(body.length);
  return Buffer.concat([length, body]);
}
