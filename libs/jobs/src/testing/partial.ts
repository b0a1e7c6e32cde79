/** What JSON makes of a value: that is what travels, and what a handler gets. */
export const asJson = (value: unknown): unknown => {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? undefined : JSON.parse(text);
};

/**
 * Where `actual` is not what `wanted` asks for, or undefined when it is. Of objects only the wanted members are compared;
 * lists must be equally long.
 */
export function differenceFrom(wanted: unknown, actual: unknown, path: string): string | undefined {
  if (Array.isArray(wanted)) return listDifference(wanted, actual, path);
  if (typeof wanted === 'object' && wanted !== null) return memberDifference(wanted, actual, path);
  return Object.is(wanted, actual) ? undefined : `${path} is ${shown(actual)}`;
}

function listDifference(wanted: unknown[], actual: unknown, path: string): string | undefined {
  if (!Array.isArray(actual) || actual.length !== wanted.length) return `${path} is ${shown(actual)}`;
  return firstOf(wanted.map((item, i) => differenceFrom(item, actual[i], `${path}[${i}]`)));
}

function memberDifference(wanted: object, actual: unknown, path: string): string | undefined {
  if (typeof actual !== 'object' || actual === null) return `${path} is ${shown(actual)}`;
  const members = actual as Record<string, unknown>;
  return firstOf(
    Object.entries(wanted).map(([name, value]) => differenceFrom(value, members[name], `${path}.${name}`)),
  );
}

const firstOf = (differences: (string | undefined)[]): string | undefined =>
  differences.find((found) => found !== undefined);

const MOST_CHARS = 200;

/** A value in a message: JSON, shortened. */
export function shown(value: unknown): string {
  const text = value === undefined ? 'missing' : JSON.stringify(value);
  return text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text;
}
