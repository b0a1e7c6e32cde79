import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** What answers at an AMQP address. */
export type AmqpAnswer =
  /** A broker that lets this user in. */
  | 'welcome'
  /** A broker that refuses this user or password. */
  | 'refused'
  /** Nothing, or something that does not speak AMQP 0-9-1. */
  | 'silent';

const protocolHeader = Buffer.from('AMQP\u0000\u0000\u0009\u0001', 'latin1');

/** Methods of class 10, connection. */
const method = { start: 10, startOk: 11, tune: 30 };

/**
 * Knocks at a broker: says hello, logs in, and leaves. Opens no virtual host.
 *
 * @example if ((await knock('amqp://guest:guest@127.0.0.1:5672')) === 'welcome') …
 */
export function knock(url: string, deadlineMs = 3_000): Promise<AmqpAnswer> {
  const { socket, login } = dial(new URL(url));
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    let greeted = false;
    const settle = (answer: AmqpAnswer) => {
      socket.destroy();
      resolve(answer);
    };
    // A broker that refuses a login waits a moment and then hangs up.
    const giveUp = () => settle(greeted ? 'refused' : 'silent');
    socket.setTimeout(deadlineMs, giveUp);
    socket.once('error', giveUp);
    socket.once('close', giveUp);
    socket.once(login.secure ? 'secureConnect' : 'connect', () => socket.write(protocolHeader));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (let frame = takeFrame(received); frame; frame = takeFrame(received)) {
        received = received.subarray(frame.length);
        const said = methodOf(frame);
        if (said === method.start && !greeted) {
          greeted = true;
          socket.write(startOk(login));
        } else return settle(said === method.tune ? 'welcome' : giveUpAnswer(greeted));
      }
    });
  });
}

/** Whether an AMQP 0-9-1 broker answers there, whatever it thinks of us. */
export function answersAmqp(port: number, host = '127.0.0.1', deadlineMs = 2_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectPlain({ port, host });
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
      if (received.length >= 11) settle(methodOf(received) === method.start);
    });
  });
}

interface Login {
  user: string;
  password: string;
  secure: boolean;
}

function dial(url: URL): { socket: Socket; login: Login } {
  const secure = url.protocol === 'amqps:';
  const host = url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1';
  const port = Number(url.port) || (secure ? 5671 : 5672);
  const login = {
    user: decodeURIComponent(url.username) || 'guest',
    password: decodeURIComponent(url.password) || 'guest',
    secure,
  };
  // Only knocking: whether the certificate is trusted is decided where jobs go over the wire.
  const socket = secure
    ? connectTls({ host, port, servername: host, rejectUnauthorized: false })
    : connectPlain({ host, port });
  return { socket, login };
}

function giveUpAnswer(greeted: boolean): AmqpAnswer {
  return greeted ? 'refused' : 'silent';
}

/** The first whole frame: type, channel, size, payload, end octet. */
function takeFrame(received: Buffer): Buffer | undefined {
  if (received.length < 8) return undefined;
  const length = 8 + received.readUInt32BE(3);
  return received.length < length ? undefined : received.subarray(0, length);
}

/** The connection method a frame carries; 0 for any other frame. */
function methodOf(frame: Buffer): number {
  const isMethod = frame.length >= 11 && frame.readUInt8(0) === 1 && frame.readUInt16BE(1) === 0;
  return isMethod && frame.readUInt16BE(7) === 10 ? frame.readUInt16BE(9) : 0;
}

function startOk({ user, password }: Login): Buffer {
  const response = Buffer.from(`\u0000${user}\u0000${password}`);
  const payload = Buffer.concat([
    uint16(10),
    uint16(method.startOk),
    uint32(0),
    shortText('PLAIN'),
    uint32(response.length),
    response,
    shortText('en_US'),
  ]);
  return Buffer.concat([Buffer.from([1, 0, 0]), uint32(payload.length), payload, Buffer.from([0xce])]);
}

function uint16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16BE(value);
  return buffer;
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

function shortText(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')]);
}
