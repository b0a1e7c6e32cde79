import { type Duration, durationMs } from './duration';
import { JobError } from './errors';

/**
 * How long to wait before the next attempt.
 * - `fixed`: always `delay`.
 * - `exponential`: `delay × multiplier^(attempt − 1)`, at most `maxDelay`.
 * - `custom`: the function registered with the worker under `name` decides.
 *
 * `jitter` (0 to 1, default 0) takes away up to that share at random, so that jobs that failed together do not
 * return together. A number or a text is short for `{ type: 'fixed', delay }`.
 */
export type Backoff =
  | Duration
  | { type: 'fixed'; delay: Duration; jitter?: number }
  | { type: 'exponential'; delay?: Duration; multiplier?: number; maxDelay?: Duration; jitter?: number }
  | { type: 'custom'; name: string; maxDelay?: Duration; jitter?: number };

/** A backoff with every value filled in, in milliseconds. This is what travels in `x-job-backoff`. */
export type ResolvedBackoff =
  | { type: 'fixed'; delayMs: number; jitter: number }
  | { type: 'exponential'; delayMs: number; multiplier: number; maxDelayMs: number; jitter: number }
  | { type: 'custom'; name: string; maxDelayMs: number; jitter: number };

/** Exponential from 2 s, doubling, at most 60 s, no jitter. */
export const DEFAULT_BACKOFF: Extract<ResolvedBackoff, { type: 'exponential' }> = {
  type: 'exponential',
  delayMs: 2_000,
  multiplier: 2,
  maxDelayMs: 60_000,
  jitter: 0,
};

type BackoffDefaults = typeof DEFAULT_BACKOFF;

/**
 * Fills in what `backoff` leaves out.
 * @throws JobError `backoff_invalid`, naming the field
 */
export function resolveBackoff(
  backoff: Backoff,
  field: string,
  defaults: BackoffDefaults = DEFAULT_BACKOFF,
): ResolvedBackoff {
  if (typeof backoff === 'number' || typeof backoff === 'string') {
    return { type: 'fixed', delayMs: wait(backoff, field), jitter: 0 };
  }
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- callers without types, and JSON
  if (typeof backoff !== 'object' || backoff === null) throw invalid(field, backoff, 'a duration or an object');
  const jitter = share(backoff.jitter ?? defaults.jitter, `${field}.jitter`);
  switch (backoff.type) {
    case 'fixed':
      return { type: 'fixed', delayMs: wait(backoff.delay, `${field}.delay`), jitter };
    case 'exponential':
      return {
        type: 'exponential',
        delayMs: wait(backoff.delay ?? defaults.delayMs, `${field}.delay`),
        multiplier: factor(backoff.multiplier ?? defaults.multiplier, `${field}.multiplier`),
        maxDelayMs: wait(backoff.maxDelay ?? defaults.maxDelayMs, `${field}.maxDelay`),
        jitter,
      };
    case 'custom':
      if (typeof backoff.name !== 'string' || backoff.name === '') {
        throw invalid(`${field}.name`, backoff.name, 'the name of a backoff function that the worker knows');
      }
      return {
        type: 'custom',
        name: backoff.name,
        maxDelayMs: wait(backoff.maxDelay ?? Number.MAX_SAFE_INTEGER, `${field}.maxDelay`),
        jitter,
      };
    default:
      throw invalid(`${field}.type`, (backoff as { type?: unknown }).type, '"fixed", "exponential" or "custom"');
  }
}

function wait(value: Duration, field: string): number {
  const parsed = durationMs(value);
  if (parsed === undefined || parsed < 0)
    throw invalid(field, value, 'milliseconds, 0 or more, or a text such as "90s"');
  return parsed;
}

function share(value: number, field: string): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) throw invalid(field, value, 'a number from 0 to 1');
  return value;
}

function factor(value: number, field: string): number {
  if (!(Number.isFinite(value) && value >= 1)) throw invalid(field, value, 'a number of 1 or more');
  return value;
}

function invalid(field: string, value: unknown, wanted: string): JobError {
  return new JobError('backoff_invalid', `${field} is ${JSON.stringify(value)}; it must be ${wanted}`, {
    field,
    hint: 'For example { type: "exponential", delay: "2s", multiplier: 2, maxDelay: "1m", jitter: 0.2 }.',
  });
}
