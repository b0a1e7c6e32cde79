import fc from 'fast-check';
import type { ResolvedBackoff } from '../contracts/backoff';
import { DEFAULT_BACKOFF } from '../contracts/backoff';
import { backoffDelayMs } from './backoff';

const never = (): number => 0;
const wait = (backoff: ResolvedBackoff, attempt: number, random = never) =>
  backoffDelayMs(backoff, attempt, new Error('no'), random);

test('the waits are those of the table', () => {
  const fixed: ResolvedBackoff = { type: 'fixed', delayMs: 1_000, jitter: 0 };
  const attempts = [1, 2, 3, 4, 5, 6, 7, 1_000];
  expect(attempts.map((attempt) => wait(fixed, attempt))).toEqual(attempts.map(() => 1_000));
  expect(attempts.map((attempt) => wait(DEFAULT_BACKOFF, attempt) / 1_000)).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
});

test('a multiplier of 1 keeps the delay', () => {
  const flat: ResolvedBackoff = { type: 'exponential', delayMs: 70, multiplier: 1, maxDelayMs: 1_000, jitter: 0 };
  expect([1, 2, 50].map((attempt) => wait(flat, attempt))).toEqual([70, 70, 70]);
});

test('a custom function is asked with the attempt and the error, and bounded', () => {
  const error = new Error('busy');
  const slow = jest.fn((attempt: number) => attempt * 1_000);
  const custom: ResolvedBackoff = { type: 'custom', name: 'slow', maxDelayMs: 2_500, jitter: 0 };
  const waits = [1, 2, 3].map((attempt) => backoffDelayMs(custom, attempt, error, never, { slow }));
  expect(waits).toEqual([1_000, 2_000, 2_500]);
  expect(slow).toHaveBeenLastCalledWith(3, error);
});

test.each([
  ['is unknown', {}],
  ['is only inherited', Object.create({ slow: () => 1 }) as object],
  ['returns no number', { slow: () => Number.NaN }],
  ['returns less than nothing', { slow: () => -1 }],
  ['returns infinity', { slow: () => Number.POSITIVE_INFINITY }],
])('a custom function that %s is named', (_, functions) => {
  const custom: ResolvedBackoff = { type: 'custom', name: 'slow', maxDelayMs: 2_500, jitter: 0 };
  expect(() => backoffDelayMs(custom, 1, new Error('no'), never, functions)).toThrow(/"slow"/);
});

const whole = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const backoff: fc.Arbitrary<ResolvedBackoff> = fc.oneof(
  fc.record({ type: fc.constant('fixed' as const), delayMs: whole, jitter: share }),
  fc.record({
    type: fc.constant('exponential' as const),
    delayMs: fc.oneof(fc.constant(0), whole),
    multiplier: fc.oneof(fc.double({ min: 1, noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 1, max: 10 })),
    maxDelayMs: whole,
    jitter: share,
  }),
);

test('jitter takes away at most its share, and never adds', () => {
  fc.assert(
    fc.property(backoff, fc.integer({ min: 1, max: 1_000 }), share, (given, attempt, chance) => {
      const full = wait({ ...given, jitter: 0 }, attempt);
      const waited = wait(given, attempt, () => chance);
      expect(Number.isSafeInteger(waited)).toBe(true);
      expect(waited).toBeLessThanOrEqual(full);
      expect(waited).toBeGreaterThanOrEqual(Math.floor(full * (1 - given.jitter)));
    }),
  );
});

test('jitter spreads jobs that failed together', () => {
  const half: ResolvedBackoff = { type: 'fixed', delayMs: 1_000, jitter: 0.5 };
  expect([0, 0.25, 0.5, 0.9].map((chance) => wait(half, 1, () => chance))).toEqual([1_000, 875, 750, 550]);
});

test('an exponential wait never shrinks from one attempt to the next', () => {
  fc.assert(
    fc.property(backoff, fc.integer({ min: 1, max: 999 }), (given, attempt) => {
      const calm = { ...given, jitter: 0 };
      expect(wait(calm, attempt + 1)).toBeGreaterThanOrEqual(wait(calm, attempt));
    }),
  );
});
