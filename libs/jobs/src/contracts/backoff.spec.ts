import { type Backoff, resolveBackoff } from './backoff';

const at = (backoff: Backoff) => resolveBackoff(backoff, 'options.backoff');

test('a number or a text is a fixed backoff', () => {
  expect(at(250)).toEqual({ type: 'fixed', delayMs: 250, jitter: 0 });
  expect(at('3s')).toEqual({ type: 'fixed', delayMs: 3_000, jitter: 0 });
});

test('what is left out has its default', () => {
  expect(at({ type: 'exponential' })).toEqual({
    type: 'exponential',
    delayMs: 2_000,
    multiplier: 2,
    maxDelayMs: 60_000,
    jitter: 0,
  });
  expect(at({ type: 'fixed', delay: '1s' })).toEqual({ type: 'fixed', delayMs: 1_000, jitter: 0 });
  expect(at({ type: 'custom', name: 'slow' })).toEqual({
    type: 'custom',
    name: 'slow',
    maxDelayMs: Number.MAX_SAFE_INTEGER,
    jitter: 0,
  });
});

test('what is given is kept', () => {
  expect(at({ type: 'exponential', delay: 10, multiplier: 1.5, maxDelay: '1h', jitter: 0.5 })).toEqual({
    type: 'exponential',
    delayMs: 10,
    multiplier: 1.5,
    maxDelayMs: 3_600_000,
    jitter: 0.5,
  });
  expect(at({ type: 'custom', name: 'slow', maxDelay: '2m', jitter: 1 })).toMatchObject({
    maxDelayMs: 120_000,
    jitter: 1,
  });
});

/** Also what no type allows: options come as JSON over HTTP too. */
const bad: [unknown, string][] = [
  [-1, 'options.backoff'],
  ['soon', 'options.backoff'],
  [1e300, 'options.backoff'],
  [null, 'options.backoff'],
  [true, 'options.backoff'],
  [{}, 'options.backoff.type'],
  [{ type: 'linear' }, 'options.backoff.type'],
  [{ type: 'fixed' }, 'options.backoff.delay'],
  [{ type: 'fixed', delay: '-1s' }, 'options.backoff.delay'],
  [{ type: 'fixed', delay: 1, jitter: 1.1 }, 'options.backoff.jitter'],
  [{ type: 'fixed', delay: 1, jitter: -0.1 }, 'options.backoff.jitter'],
  [{ type: 'fixed', delay: 1, jitter: '0.5' }, 'options.backoff.jitter'],
  [{ type: 'fixed', delay: 1, jitter: Number.NaN }, 'options.backoff.jitter'],
  [{ type: 'exponential', delay: -5 }, 'options.backoff.delay'],
  [{ type: 'exponential', multiplier: 0.5 }, 'options.backoff.multiplier'],
  [{ type: 'exponential', multiplier: Number.POSITIVE_INFINITY }, 'options.backoff.multiplier'],
  [{ type: 'exponential', maxDelay: 'never' }, 'options.backoff.maxDelay'],
  [{ type: 'custom' }, 'options.backoff.name'],
  [{ type: 'custom', name: '' }, 'options.backoff.name'],
  [{ type: 'custom', name: 'slow', maxDelay: -1 }, 'options.backoff.maxDelay'],
];

test.each(bad)('%j is refused and names %s', (backoff, field) => {
  expect(() => at(backoff as Backoff)).toThrow(
    expect.objectContaining({ code: 'backoff_invalid', field, message: expect.stringContaining(field) }),
  );
});
