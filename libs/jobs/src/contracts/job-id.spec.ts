import fc from 'fast-check';
import { checkJobId, idTimeMs, identify, newJobId } from './job-id';

/**
 * Computed by another language, so that a change of the mapping cannot go unseen:
 * `h = bytearray(hashlib.sha256(key.encode()).digest()[:16]); h[6] = h[6] & 0x0f | 0x80; h[8] = h[8] & 0x3f | 0x80`
 */
const VECTORS = [
  ['invoice-4711', 'e3e26a4c-847e-861a-853e-18ec51bde5b9'],
  ['Rechnung №7 – Zürich', 'f68b2af8-f068-8b42-b40a-ac57529d2221'],
  ['0189a0b2-0000-4000-8000-000000000000', '581d4141-e4b2-8617-827e-9f36225fe8a7'],
] as const;

test.each(VECTORS)('the id of %p is the same in every language', (key, id) => {
  expect(identify(key)).toEqual({ id, key });
});

test('a fresh id stands for itself, and ids sort by the time of their making', () => {
  const before = Date.now();
  const ids = Array.from({ length: 1_000 }, newJobId);
  for (const id of ids) expect(identify(id)).toEqual({ id });
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(idTimeMs(ids[0] ?? '')).toBeGreaterThanOrEqual(before);
  expect(idTimeMs(ids[999] ?? '')).toBeLessThanOrEqual(Date.now());
});

test('an id can be given again in place of the key it was made from', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      const { id } = identify(text);
      return (
        identify(id).id === id && /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)
      );
    }),
  );
});

test('only a time-ordered id tells its time', () => {
  expect(idTimeMs('019ab3c4-d5e6-7abc-8def-0123456789ab')).toBe(0x019ab3c4d5e6);
  expect(idTimeMs('e3e26a4c-847e-861a-853e-18ec51bde5b9')).toBeUndefined();
});

test('an id of 128 characters is taken, in any script', () => {
  for (const letter of ['a', 'é', '漢', ' ']) expect(checkJobId(letter.repeat(128)).key).toBe(letter.repeat(128));
});

test.each(['', 'x'.repeat(129), 'a\nb', 'a\u0000', '\u007f', 7, null, {}])('%j is refused as an id', (id) => {
  expect(() => checkJobId(id as string)).toThrow(expect.objectContaining({ code: 'id_invalid', field: 'options.id' }));
});
