import type { HeaderValue, OutgoingMessage } from '../../contracts/message';
import { writeLongText, writeShortText, writeUint16, writeUint32 } from './frame-text';

const METHOD_FRAME = 1;
const HEADER_FRAME = 2;
const BODY_FRAME = 3;
const FRAME_END = 0xce;
const BASIC_CLASS = 60;
const PUBLISH_METHOD = 40;
const MANDATORY = 1;
const PERSISTENT = 2;
/** Type, channel and size before, the end byte behind. */
export const FRAME_OVERHEAD = 8;
/** The most that amqplib encodes; also below the least frame size that RabbitMQ is configured with. */
const MAX_HEADERS_BYTES = 65_536;

const flag = { contentType: 1 << 15, headers: 1 << 13, deliveryMode: 1 << 12, correlationId: 1 << 10 } as const;
const lowFlag = { messageId: 1 << 7, timestamp: 1 << 6, type: 1 << 5, appId: 1 << 3 } as const;

/** Bytes that the frames of a message may take, its body left out; never too low. */
export function roomForHead({
  exchange,
  routingKey,
  messageId,
  type,
  correlationId,
  contentType,
  appId,
  headers,
}: OutgoingMessage): number {
  const texts =
    exchange.length +
    routingKey.length +
    lengthOf(messageId) +
    lengthOf(type) +
    lengthOf(correlationId) +
    lengthOf(contentType) +
    lengthOf(appId);
  let room = 100 + 3 * texts;
  for (const name in headers) {
    const value = headers[name];
    room += 16 + 3 * (name.length + (typeof value === 'string' ? value.length : 0));
  }
  return room;
}

/**
 * Writes the method frame and the header frame of a persistent publish.
 * @returns the place behind them
 * @throws RangeError, TypeError when AMQP has no form for a field; what was written then is to be forgotten
 */
export function writeHead(into: Buffer, at: number, channel: number, message: OutgoingMessage): number {
  const properties = writeMethod(into, at, channel, message);
  return writeProperties(into, properties, channel, message);
}

/** Writes what comes before a piece of a body; behind the piece comes the end byte. */
export function writeBodyStart(into: Buffer, at: number, channel: number, bytes: number): number {
  writeFrameStart(into, at, BODY_FRAME, channel);
  writeUint32(into, at + 3, bytes);
  return at + 7;
}

export function writeFrameEnd(into: Buffer, at: number): number {
  into[at] = FRAME_END;
  return at + 1;
}

function writeMethod(
  into: Buffer,
  start: number,
  channel: number,
  { exchange, routingKey, mandatory }: OutgoingMessage,
): number {
  writeFrameStart(into, start, METHOD_FRAME, channel);
  writeUint16(into, start + 7, BASIC_CLASS);
  writeUint16(into, start + 9, PUBLISH_METHOD);
  writeUint16(into, start + 11, 0);
  let at = writeShortText(into, start + 13, exchange, 'exchange');
  at = writeShortText(into, at, routingKey, 'routingKey');
  into[at] = mandatory ? MANDATORY : 0;
  return closeFrame(into, start, at + 1);
}

/** The properties are present or not by a bit each, and come in the order of those bits. */
function writeProperties(into: Buffer, start: number, channel: number, message: OutgoingMessage): number {
  const { contentType, headers, correlationId, messageId, timestamp, type, appId, body } = message;
  writeFrameStart(into, start, HEADER_FRAME, channel);
  writeUint16(into, start + 7, BASIC_CLASS);
  writeUint16(into, start + 9, 0);
  writeUint64(into, start + 11, body.length, 'body');
  let flags: number = flag.deliveryMode;
  let at = start + 21;
  if (contentType !== undefined) {
    flags |= flag.contentType;
    at = writeShortText(into, at, contentType, 'contentType');
  }
  if (headers !== undefined) {
    flags |= flag.headers;
    at = writeTable(into, at, headers);
  }
  into[at] = PERSISTENT;
  at += 1;
  if (correlationId !== undefined) {
    flags |= flag.correlationId;
    at = writeShortText(into, at, correlationId, 'correlationId');
  }
  if (messageId !== undefined) {
    flags |= lowFlag.messageId;
    at = writeShortText(into, at, messageId, 'messageId');
  }
  if (timestamp !== undefined) {
    flags |= lowFlag.timestamp;
    at = writeUint64(into, at, timestamp, 'timestamp');
  }
  if (type !== undefined) {
    flags |= lowFlag.type;
    at = writeShortText(into, at, type, 'type');
  }
  if (appId !== undefined) {
    flags |= lowFlag.appId;
    at = writeShortText(into, at, appId, 'appId');
  }
  writeUint16(into, start + 19, flags);
  return closeFrame(into, start, at);
}

function writeTable(into: Buffer, start: number, headers: Readonly<Record<string, HeaderValue>>): number {
  let at = start + 4;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    at = writeShortText(into, at, name, 'header name');
    at = writeValue(into, at, name, value);
  }
  if (at - start > MAX_HEADERS_BYTES)
    throw new RangeError(`headers have ${at - start} bytes; at most ${MAX_HEADERS_BYTES} are sent`);
  writeUint32(into, start, at - start - 4);
  return at;
}

function writeValue(into: Buffer, at: number, name: string, value: HeaderValue): number {
  if (typeof value === 'string') {
    into[at] = 0x53; // S
    return writeLongText(into, at + 1, value);
  }
  if (typeof value === 'boolean') {
    into[at] = 0x74; // t
    into[at + 1] = value ? 1 : 0;
    return at + 2;
  }
  if (typeof value === 'number') return writeNumber(into, at, value);
  throw new TypeError(`header ${name} is a ${typeof value}; it must be a text, a number or a boolean`);
}

function writeNumber(into: Buffer, at: number, value: number): number {
  if (value === (value | 0)) {
    into[at] = 0x49; // I
    writeUint32(into, at + 1, value);
    return at + 5;
  }
  if (Number.isSafeInteger(value)) {
    into[at] = 0x6c; // l
    return into.writeBigInt64BE(BigInt(value), at + 1);
  }
  into[at] = 0x64; // d
  return into.writeDoubleBE(value, at + 1);
}

function writeUint64(into: Buffer, at: number, value: number, what: string): number {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${what} is ${value}; it must be a whole number of 0 or more`);
  writeUint32(into, at, Math.floor(value / 2 ** 32));
  writeUint32(into, at + 4, value >>> 0);
  return at + 8;
}

function writeFrameStart(into: Buffer, at: number, type: number, channel: number): void {
  into[at] = type;
  writeUint16(into, at + 1, channel);
}

function closeFrame(into: Buffer, start: number, at: number): number {
  writeUint32(into, start + 3, at - start - 7);
  return writeFrameEnd(into, at);
}

function lengthOf(text: string | undefined): number {
  return text === undefined ? 0 : text.length;
}
