/** What PostgreSQL's texts cannot hold: `\u0000`, and halves of a pair. Within JSON they are escaped, and stay. */
// eslint-disable-next-line no-control-regex -- it is the one that is refused
const UNSTORABLE = /[\u0000\p{Surrogate}]/gu;
/** Nearly no text has any of these: whole pairs, which are storable, are told apart only then. */
// eslint-disable-next-line no-control-regex -- see above
const SUSPECT = /[\u0000\ud800-\udfff]/;

export const storableText = (text: string): string => (SUSPECT.test(text) ? text.replace(UNSTORABLE, '\uFFFD') : text);

/**
 * A fact as it can be stored: the same one where nothing is in its way. What is stored must be what was merged, or
 * telling it again would look like a change.
 */
export function storable<T>(value: T): T {
  return cleaned(value) as T;
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cleaned);
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[name];
    const clean = cleaned(member);
    if (clean === member || (Array.isArray(member) && !differ(member, clean as unknown[]))) continue;
    copy ??= { ...value };
    copy[name] = clean;
  }
  return copy ?? value;
}

const differ = (a: readonly unknown[], b: readonly unknown[]): boolean => a.some((member, i) => member !== b[i]);
