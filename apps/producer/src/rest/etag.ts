/** What of a reply is needed here. */
export interface HeaderReply {
  header(name: string, value: string): unknown;
}

/** Tells which revision was read, for `If-Match`. */
export function withETag<T extends { revision: number }>(view: T, reply: HeaderReply): T {
  reply.header('etag', `"${view.revision}"`);
  return view;
}

/** No thing has it: what cannot be an ETag of ours matches nothing. */
const NONE = 0;

/** The revision that `If-Match` wants; undefined where any will do. */
export function revisionIn(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  const [, revision] = /^\s*"(\d{1,9})"\s*$/.exec(ifMatch) ?? [];
  return revision === undefined ? NONE : Number(revision);
}
