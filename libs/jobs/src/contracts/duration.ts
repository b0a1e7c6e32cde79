import ms from 'ms';

/** Milliseconds, or a text such as `'90s'`, `'5 minutes'`, `'1d'` (as the `ms` package reads them). */
export type Duration = number | string;

/** The duration in milliseconds, or undefined when it is not one. Fractions are rounded up. */
export function durationMs(value: Duration): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? Math.ceil(value) : undefined;
  if (typeof value !== 'string' || value.trim() === '' || value.length > 100) return undefined;
  const parsed: unknown = ms(value as ms.StringValue);
  return typeof parsed === 'number' && Number.isFinite(parsed) ? Math.ceil(parsed) : undefined;
}
