import { type Duration, durationMs } from './duration';
import { JobError } from './errors';

/** What is given up by either is removed. */
export interface KeepRule {
  /** So long after it finished, milliseconds or a text such as `'90d'`; 0 removes it at once. */
  age?: Duration;
  /** As long as it is among the last so many of its type that ended alike. */
  last?: number;
}

/**
 * How long a finished job is kept in the ledger. A duration alone is an age. What is left out is as the ledger has it.
 * @example { completed: { last: 100 }, failed: '90d' }
 */
export interface RetentionOptions {
  completed?: Duration | KeepRule;
  /** Dead, cancelled or expired. */
  failed?: Duration | KeepRule;
}

/** A {@link KeepRule} in one form. */
export interface Kept {
  ageMs?: number;
  last?: number;
}

/** Nothing left open: what is undefined has no rule of its own. */
export interface Retention {
  completed?: Kept;
  failed?: Kept;
}

const MOST_AGE_MS = 100 * 365 * 86_400_000;
const MOST_LAST = 1_000_000;
const MEMBERS = ['completed', 'failed'] as const;

/** @throws JobError `retention_invalid`, whose `field` is the member at fault */
export function resolveRetention(options: unknown, at: string): Retention | undefined {
  if (options === undefined) return undefined;
  const given = membersOf(options, at, MEMBERS, 'an object such as { completed: { last: 100 }, failed: "90d" }');
  const resolved: Retention = {};
  for (const name of MEMBERS) if (given[name] !== undefined) resolved[name] = resolveKeep(given[name], `${at}.${name}`);
  return resolved;
}

function resolveKeep(rule: unknown, at: string): Kept {
  if (typeof rule === 'number' || typeof rule === 'string') return { ageMs: resolveAge(rule, at) };
  const { age, last } = membersOf(rule, at, ['age', 'last'], 'a duration, or { age, last }');
  if (age === undefined && last === undefined) throw invalid(at, 'says neither age nor last');
  return {
    ...(age === undefined ? {} : { ageMs: resolveAge(age, `${at}.age`) }),
    ...(last === undefined ? {} : { last: resolveLast(last, `${at}.last`) }),
  };
}

function membersOf(value: unknown, at: string, names: readonly string[], wanted: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(at, `must be ${wanted}`);
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined) throw invalid(`${at}.${unknown.slice(0, 100)}`, 'is not known here');
  return value as Record<string, unknown>;
}

function resolveAge(age: unknown, at: string): number {
  const ms = typeof age === 'number' || typeof age === 'string' ? durationMs(age) : undefined;
  if (ms !== undefined && ms >= 0 && ms <= MOST_AGE_MS) return ms;
  throw invalid(at, 'must be milliseconds of 0 or more, or a text such as "90d", at most 100 years');
}

function resolveLast(last: unknown, at: string): number {
  if (Number.isInteger(last) && (last as number) >= 0 && (last as number) <= MOST_LAST) return last as number;
  throw invalid(at, `must be a whole number from 0 to ${MOST_LAST}`);
}

function invalid(field: string, fault: string): JobError {
  return new JobError('retention_invalid', `${field} ${fault}`, {
    field,
    hint: 'For example { completed: { last: 100 }, failed: { age: "90d" } }.',
  });
}
