/** A text that is known to be JSON. It travels as a text inside records, so it is parsed by whoever wants its value, and kept exactly as it was written. */
export type JsonText = string & { readonly jsonText: unique symbol };

/** The value as JSON, or undefined where JSON has no form for it (undefined, functions). @throws TypeError for cycles and bigints */
export function toJsonText(value: unknown): JsonText | undefined {
  return JSON.stringify(value) as JsonText | undefined;
}
