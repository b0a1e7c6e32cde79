/**
 * A place in the feed: `seq` is that of a bundle of changes, `index` of one of them. As the id of a server-sent event it
 * is `12.3`: whoever has seen that has seen all before it, and bundle 12 up to its fourth change.
 */
export interface Place {
  seq: number;
  index: number;
}

/** Everything of the bundle was seen. */
export const WHOLE = Number.MAX_SAFE_INTEGER;

export function placeText({ seq, index }: Place): string {
  return index === WHOLE ? String(seq) : `${seq}.${index}`;
}

/** `12` stands for the whole of bundle 12. Undefined for a text that is no place. */
export function parsePlace(text: string): Place | undefined {
  const [, seq, index] = /^(\d{1,15})(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  if (seq === undefined) return undefined;
  return { seq: Number(seq), index: index === undefined ? WHOLE : Number(index) };
}
