import { dirname, join } from 'node:path';
import fc from 'fast-check';
import type { OutgoingMessage } from '../../contracts/message';
import { roomForHead, writeHead } from './publish-frames';

interface AmqplibFrames {
  parseFrame(bytes: Buffer, max: number): { rest: Buffer } | false;
  decodeFrame(frame: object): { id: number; channel: number; size?: number; fields: Record<string, unknown> };
}

/** amqplib's own reader, which it does not export. */
const { parseFrame, decodeFrame } = jest.requireActual<AmqplibFrames>(
  join(dirname(require.resolve('amqplib')), 'lib', 'frame.js'),
);

/** What another client makes of the frames of a message; they must fit into the room that was asked for. */
function readBack(message: OutgoingMessage, channel: number) {
  const guard = 0xaa;
  const room = roomForHead(message);
  const bytes = Buffer.alloc(5 + room + 5, guard);
  const end = writeHead(bytes, 5, channel, message);
  expect(end).toBeLessThanOrEqual(5 + room);
  expect([...bytes.subarray(0, 5), ...bytes.subarray(end)].every((byte) => byte === guard)).toBe(true);
  const method = parseFrame(bytes.subarray(5, end), 0) || fail('no method frame');
  const header = parseFrame(method.rest, 0) || fail('no header frame');
  expect(header.rest).toHaveLength(0);
  return { method: decodeFrame(method), header: decodeFrame(header) };
}

function fail(what: string): never {
  throw new Error(what);
}

const text = fc
  .oneof(fc.string({ maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 60 }))
  .filter((value) => Buffer.from(value).toString() === value);
// amqplib reads into a plain object, where this name means another thing.
const headerName = text.filter((name) => name !== '__proto__');
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const message = fc.record<OutgoingMessage>({
  ...{
    exchange: text,
    routingKey: text,
    mandatory: fc.boolean(),
    body: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  },
  ...{
    messageId: optional(text),
    type: optional(text),
    correlationId: optional(text),
    contentType: optional(text),
    appId: optional(text),
  },
  timestamp: optional(fc.maxSafeNat()),
  headers: optional(
    fc.dictionary(
      headerName,
      fc.oneof(text, fc.boolean(), fc.maxSafeInteger(), fc.integer(), fc.double({ noNaN: true })),
    ),
  ),
});

describe('the frames of a publish', () => {
  test('another client reads what was written, whatever it is', () => {
    fc.assert(
      fc.property(message, fc.integer({ min: 1, max: 2_047 }), (sent, channel) => {
        const { method, header } = readBack(sent, channel);
        const { exchange, routingKey, mandatory, body, headers, ...properties } = sent;
        expect(method).toMatchObject({
          channel,
          id: 3_932_200,
          fields: { exchange, routingKey, mandatory, immediate: false },
        });
        expect(header).toMatchObject({ channel, size: body.length, fields: { ...properties, deliveryMode: 2 } });
        const read = header.fields.headers as Record<string, unknown> | undefined;
        expect(read === undefined).toBe(headers === undefined);
        for (const name of Object.keys(headers ?? {}))
          expect([name, read?.[name]]).toEqual([name, plain(headers?.[name])]);
      }),
      { numRuns: 500 },
    );
  });

  test.each<[string, Partial<OutgoingMessage>]>([
    ['a routing key of more than 255 bytes', { routingKey: 'ü'.repeat(128) }],
    ['an id of more than 255 bytes', { messageId: 'x'.repeat(256) }],
    ['a header name of more than 255 bytes', { headers: { ['x'.repeat(256)]: 1 } }],
    ['headers of more than 64 KiB', { headers: { text: 'x'.repeat(65_536) } }],
    ['a timestamp that is no whole number', { timestamp: 1.5 }],
    ['a header that is an object', { headers: { deep: {} as string } }],
  ])('%s has no form on the wire', (_, fields) => {
    const sent = { exchange: '', routingKey: 'k', body: Buffer.alloc(0), mandatory: true, ...fields };
    expect(() => readBack(sent, 1)).toThrow(/byte|whole number|must be a text/);
  });
});

/** Minus zero comes back as zero: AMQP's whole numbers have no such thing. */
function plain(value: unknown): unknown {
  return Object.is(value, -0) ? 0 : value;
}
