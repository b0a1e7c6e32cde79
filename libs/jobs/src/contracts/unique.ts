import { inspect } from 'node:util';
import { durationMs } from './duration';
import { ConfigurationError, JobError } from './errors';
import type { UniqueOptions } from './submission';

/**
 * What makes jobs of a type unique where they do not say it themselves. `key` makes the key out of what the caller passes as
 * payload; undefined for a job that is not to be unique. The modes are those of {@link UniqueOptions}.
 *
 * @example unique: { key: ({ userId }) => userId, mode: 'throttle', window: '10m' }
 */
export type UniqueByDefault<Input> = { key: (payload: Input) => string | undefined } & (
  { mode?: 'pending' } | { mode: 'throttle'; window: number | string } | { mode: 'debounce' }
);

/** @throws ConfigurationError naming the member at fault */
export function checkUniqueByDefault<Input>(
  unique: UniqueByDefault<Input> | undefined,
  type: string,
): UniqueByDefault<Input> | undefined {
  if (unique === undefined) return undefined;
  const { key, mode = 'pending', window } = unique as { key?: unknown; mode?: unknown; window?: unknown };
  if (typeof key !== 'function') throw wrong(type, 'key', key, 'a function that makes the key out of the payload');
  if (mode !== 'pending' && mode !== 'throttle' && mode !== 'debounce') {
    throw wrong(type, 'mode', mode, 'pending, throttle or debounce');
  }
  const isWindow = (typeof window === 'number' || typeof window === 'string') && (durationMs(window) ?? 0) >= 1;
  if (mode === 'throttle' ? !isWindow : window !== undefined) {
    throw wrong(
      type,
      'window',
      window,
      'milliseconds or a text such as "10m" for the mode "throttle", and left out else',
    );
  }
  return Object.freeze({ ...unique });
}

/**
 * What one job is unique by: what it says itself, else what its type says; `false` says that it is not.
 * @throws JobError `unique_invalid` when the key of its type cannot be made of this payload
 */
export function uniqueOf<Input>(
  { type, unique }: { type: string; unique?: UniqueByDefault<Input> },
  payload: Input,
  asked: UniqueOptions | false | undefined,
): UniqueOptions | undefined {
  if (asked !== undefined) return asked === false ? undefined : asked;
  if (unique === undefined) return undefined;
  const { key: keyOf, ...rule } = unique;
  const key = keyFrom(type, () => keyOf(payload));
  return key === undefined ? undefined : { key, ...rule };
}

function keyFrom(type: string, make: () => unknown): string | undefined {
  try {
    const key = make();
    if (key === undefined || typeof key === 'string') return key;
    throw new TypeError(`the key is ${inspect(key).slice(0, 100)}, and no text`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new JobError('unique_invalid', `The unique key of ${type} cannot be made: ${reason}`, {
      field: 'options.unique.key',
      hint: 'Give options.unique, or false for a job that is not to be unique; or mend unique.key of the job type.',
      cause,
    });
  }
}

function wrong(type: string, member: string, value: unknown, wanted: string): ConfigurationError {
  const shown = value === undefined ? 'missing' : inspect(value).slice(0, 100);
  return new ConfigurationError(
    'configuration_invalid',
    `${type}: unique.${member} is ${shown}; it must be ${wanted}`,
    {
      field: `${type}.unique.${member}`,
    },
  );
}
