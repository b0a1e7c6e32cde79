import fc from 'fast-check';
import { durationMs } from './duration';

test.each([
  [0, 0],
  [1_500, 1_500],
  [0.2, 1],
  ['90s', 90_000],
  ['5 minutes', 300_000],
  ['1d', 86_400_000],
  ['1.5h', 5_400_000],
  ['250', 250],
  ['0.1ms', 1],
])('%p is %p ms', (duration, expected) => {
  expect(durationMs(duration)).toBe(expected);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, '', '  ', 'soon', '5 parsecs', '1h30m', '9'.repeat(101)])(
  '%p is no duration',
  (duration) => {
    expect(durationMs(duration)).toBeUndefined();
  },
);

test.each([null, undefined, true, {}, []])('%p, which no type allows but JSON may bring, is no duration', (value) => {
  expect(durationMs(value as never)).toBeUndefined();
});

test('whatever text comes in, it is whole milliseconds or nothing, and never throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.double().map(String)), (text) => {
      const parsed = durationMs(text);
      return parsed === undefined || Number.isInteger(parsed);
    }),
  );
});
