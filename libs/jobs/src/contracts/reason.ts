/** Why something failed, in a line: the message of an error, or the text of whatever else was thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
