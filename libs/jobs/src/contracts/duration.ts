import ms from 'ms';

/** Milliseconds, or a text such as `'90s'`, `'5 minutes'`, `'1d'` (as the `ms` package reads them). */
export type Duration = number | string;

/** The duration in milliseconds, or undefined when it is not one. Fractions are rounded up. */
export function durationMs(value: Duration): number | undefined {
  if (typeof value === 'number') return wholeMs(value);
  if (typeof value !== 'string' || value.trim() === '' || value.length > 100) return undefined;
  return wholeMs(ms(value as ms.StringValue));
}

/** Headers carry whole numbers that every language can hold: nothing beyond 2^53. */
function wholeMs(value: unknown): number | undefined {
  const whole = typeof value === 'number' ? Math.ceil(value) : Number.NaN;
  return Number.isSafeInteger(whole) ? whole : undefined;
}
