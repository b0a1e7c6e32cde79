import type { ResolvedBackoff } from '../contracts/backoff';
import type { Random } from '../lifecycle/clock';

/** A backoff function of the application, registered with the worker by name. Returns milliseconds. */
export type BackoffFunction = (attempt: number, error: unknown) => number;
export type BackoffFunctions = Readonly<Record<string, BackoffFunction>>;

/**
 * Milliseconds to wait after attempt `attempt` (1 = the first) has failed. Pure.
 *
 * Exponential is `delay × multiplier^(attempt − 1)`, at most `maxDelay`; jitter then takes away up to its share
 * ("equal jitter" at 0.5, "full jitter" at 1, in the terms of AWS's "Exponential Backoff And Jitter").
 *
 * | attempt | fixed 1 s | exponential 2 s × 2, at most 60 s |
 * |---|---|---|
 * | 1 | 1 s | 2 s |
 * | 2 | 1 s | 4 s |
 * | 6 | 1 s | 60 s |
 *
 * @throws RangeError when a custom function is unknown or returns no number
 */
export function backoffDelayMs(
  backoff: ResolvedBackoff,
  attempt: number,
  error: unknown,
  random: Random,
  functions: BackoffFunctions = {},
): number {
  const full = withoutJitter(backoff, attempt, error, functions);
  return Math.round(full * (1 - backoff.jitter * random()));
}

function withoutJitter(backoff: ResolvedBackoff, attempt: number, error: unknown, functions: BackoffFunctions): number {
  switch (backoff.type) {
    case 'fixed':
      return backoff.delayMs;
    case 'exponential':
      // No delay stays none: after some hundred attempts it would be multiplied by infinity.
      if (backoff.delayMs === 0) return 0;
      return Math.min(backoff.maxDelayMs, backoff.delayMs * backoff.multiplier ** (attempt - 1));
    case 'custom':
      return Math.min(backoff.maxDelayMs, customDelay(backoff.name, attempt, error, functions));
  }
}

function customDelay(name: string, attempt: number, error: unknown, functions: BackoffFunctions): number {
  const compute = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (!compute) throw new RangeError(`The worker knows no backoff function named "${name}"`);
  const delayMs = compute(attempt, error);
  if (!Number.isFinite(delayMs) || delayMs < 0)
    throw new RangeError(`The backoff function "${name}" returned ${delayMs}`);
  return delayMs;
}
