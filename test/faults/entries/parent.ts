/** Tells the campaign that this process does its work. */
export function ready(): void {
  process.send?.('ready');
}

/** Nothing of a campaign outlives it, however it ends. */
export function leaveWithParent(): void {
  process.once('disconnect', () => process.exit(1));
}
