/** The token of an `Authorization: Bearer …`; undefined for anything else. */
export function bearerIn(authorization: unknown): string | undefined {
  if (typeof authorization !== 'string') return undefined;
  return /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
}
