import fc from 'fast-check';
import { packetPattern, unwrapPacket } from './packet';

const pattern = (body: unknown) => packetPattern(Buffer.from(JSON.stringify(body)));

test('a packet of a stock Nest client tells its pattern', () => {
  expect(pattern({ pattern: 'email.welcome', data: { to: 'ada' } })).toBe('email.welcome');
  expect(pattern({ pattern: 'email.welcome', data: null, id: '17' })).toBe('email.welcome');
});

test.each([
  { pattern: 'email.welcome' },
  { data: {} },
  { pattern: { cmd: 'welcome' }, data: {} },
  { pattern: 'email.welcome', data: {}, to: 'ada' },
  ['pattern', 'data'],
  'pattern',
  null,
])('%j is a payload, not a packet', (body) => {
  expect(pattern(body)).toBeUndefined();
  expect(unwrapPacket(body, 'email.welcome')).toBe(body);
});

test('a packet gives its data to the type that it names, and to no other', () => {
  const packet = { pattern: 'email.welcome', data: { to: 'ada' } };
  expect(unwrapPacket(packet, 'email.welcome')).toEqual({ to: 'ada' });
  expect(unwrapPacket(packet, 'email.newsletter')).toBe(packet);
});

test('whatever the bytes are, looking for a pattern never throws', () => {
  expect(packetPattern(Buffer.from('{"pattern": not json'))).toBeUndefined();
  const bodies = fc.oneof(
    fc.uint8Array(),
    fc.json().map((text) => new TextEncoder().encode(text)),
  );
  fc.assert(fc.property(bodies, (bytes) => ['string', 'undefined'].includes(typeof packetPattern(Buffer.from(bytes)))));
});
