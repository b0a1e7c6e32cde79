import type { AnyJob } from '@scutwork/jobs';
import { namesOf } from '@scutwork/jobs/wire';

/** What stands where a secret is. */
const HIDDEN = '[secret]';

/** The paths of the secret fields of a type's payload; none for a type that is not known here. */
export type Secrets = (type: string) => readonly string[];

export const noSecrets: Secrets = () => [];

/** What the definitions say. */
export function secretsOf(jobs: readonly AnyJob[]): Secrets {
  const paths = new Map(jobs.flatMap((job) => namesOf(job).map((name) => [name, job.secrets])));
  return (type) => paths.get(type) ?? [];
}

/** The path of a member, and of a member of that: `card`, `card.number`. Members of an array have the path of the array. */
export function pathOf(parent: string, name: string): string {
  return parent === '' ? name : `${parent}.${name}`;
}

/** A copy without what is secret. */
export function redact(value: unknown, secrets: readonly string[]): unknown {
  return secrets.length === 0 ? value : copy(value, '', secrets);
}

function copy(value: unknown, path: string, secrets: readonly string[]): unknown {
  if (secrets.includes(path)) return HIDDEN;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((member) => copy(member, path, secrets));
  // As own members, whatever they are called: `__proto__` is a name like any other in JSON.
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, copy(member, pathOf(path, name), secrets)]),
  );
}

/** A text of JSON, parsed, without what is secret. What cannot be parsed is shown as it is, or not at all. */
export function shownPayload(text: string | undefined, secrets: readonly string[]): unknown {
  if (text === undefined) return undefined;
  try {
    return redact(JSON.parse(text), secrets);
  } catch {
    // Foreign bodies need not be JSON. Where something is secret in it nobody can tell where.
    return secrets.length === 0 ? text : HIDDEN;
  }
}
