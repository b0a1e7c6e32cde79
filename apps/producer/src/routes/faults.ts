import type { z } from 'zod';

export interface Fault {
  path: PropertyKey[];
  message: string;
}

const MOST_NAME_CHARS = 100;

/** What a schema finds wrong. A member that is not known is named as a field of its own. */
export function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }];
  return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'is not known here' }));
}

/** `jobs[3].options.delay`, as the library names fields too; `whole` where it is not a part that is at fault. */
export function fieldOf(path: readonly PropertyKey[], whole: string): string {
  if (path.length === 0) return whole;
  const parts = path.map((part, i) =>
    typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part).slice(0, MOST_NAME_CHARS)}`,
  );
  return parts.join('');
}
