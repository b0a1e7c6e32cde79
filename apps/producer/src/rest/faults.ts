import type { z } from 'zod';

export interface Fault {
  path: PropertyKey[];
  message: string;
}

/** What a schema finds wrong. A member that is not known is named as a field of its own. */
export function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }];
  return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'is not known here' }));
}

/** `jobs[3].options.delay`, as the library names fields too. */
export function fieldOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'body';
  const parts = path.map((part, i) =>
    typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`,
  );
  return parts.join('');
}
