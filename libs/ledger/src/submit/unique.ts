import { inspect } from 'node:util';
import { durationMs } from '@scutwork/jobs';
import { LedgerError } from '../store/ledger-error';

/** A checked {@link UniqueOptions}. `key` has the job's type before it: two types never share a key. */
export type UniqueRule =
  | { key: string; mode: 'pending' }
  | { key: string; mode: 'throttle'; windowMs: number }
  | { key: string; mode: 'debounce' };

const MODES = ['pending', 'throttle', 'debounce'];
const MOST_KEY_CHARS = 128;
const MOST_WINDOW_MS = 100 * 365 * 86_400_000;

/**
 * @param delayMs how long the job is to wait: a debounce has something to begin again
 * @throws LedgerError `unique_invalid`, naming the member at fault
 */
export function resolveUnique(options: unknown, type: string, delayMs: number): UniqueRule | undefined {
  if (options === undefined) return undefined;
  if (typeof options !== 'object' || options === null)
    throw invalid('', options, 'an object such as { key: "user-42" }');
  const { key: given, mode = 'pending', window } = options as Record<string, unknown>;
  const key = `${type} ${checkKey(given)}`;
  if (typeof mode !== 'string' || !MODES.includes(mode)) throw invalid('.mode', mode, `one of ${MODES.join(', ')}`);
  if (mode === 'throttle') return { key, mode, windowMs: checkWindow(window) };
  if (window !== undefined) throw invalid('.window', window, 'left out: only the mode "throttle" has a window');
  if (mode === 'debounce' && delayMs <= 0) {
    throw new LedgerError('unique_invalid', 'options.unique.mode is "debounce", but options.delay is not set', {
      field: 'options.delay',
      hint: 'Say how long to wait for the next one, e.g. delay: "5s"; each duplicate begins that delay again.',
    });
  }
  return mode === 'debounce' ? { key, mode } : { key, mode: 'pending' };
}

function checkKey(key: unknown): string {
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is refused here
  if (typeof key === 'string' && key !== '' && key.length <= MOST_KEY_CHARS && !/[\u0000-\u001f\u007f]/.test(key))
    return key;
  throw invalid('.key', key, `a text of 1 to ${MOST_KEY_CHARS} characters without control characters`);
}

function checkWindow(window: unknown): number {
  const windowMs = typeof window === 'number' || typeof window === 'string' ? durationMs(window) : undefined;
  if (windowMs !== undefined && windowMs >= 1 && windowMs <= MOST_WINDOW_MS) return windowMs;
  throw invalid('.window', window, 'milliseconds of 1 or more, or a text such as "10m", at most 100 years');
}

function invalid(member: string, value: unknown, wanted: string): LedgerError {
  const field = `options.unique${member}`;
  const shown = value === undefined ? 'missing' : inspect(value).slice(0, 100);
  return new LedgerError('unique_invalid', `${field} is ${shown}; it must be ${wanted}`, {
    field,
    hint: 'For example { key: "user-42" } or { key: "user-42", mode: "throttle", window: "10m" }.',
  });
}
