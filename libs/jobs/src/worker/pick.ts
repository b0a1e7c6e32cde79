/**
 * Which level starts next, as an index into levels ordered from the highest to the lowest; -1 when none can. Pure.
 *
 * `strict`: the highest that waits. `weighted`: every `weight`-th start is the lowest's that waits, so that a stream
 * of high work cannot starve the low for ever.
 */
export function pickLevel(
  waiting: readonly boolean[],
  mode: 'strict' | 'weighted',
  weight: number,
  startCount: number,
): number {
  if (mode === 'weighted' && startCount % weight === weight - 1) return waiting.lastIndexOf(true);
  return waiting.indexOf(true);
}
