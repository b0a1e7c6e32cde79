/** The known name that `name` was probably meant to be: at most three letters differ. */
export function nearestOf(name: string, known: readonly string[]): string | undefined {
  const byDistance = known.map((candidate) => ({ candidate, distance: distanceOf(name, candidate) }));
  const [best] = byDistance.sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= 3 ? best.candidate : undefined;
}

/** Levenshtein's: how many letters must be put in, taken out or changed. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j++) {
      const [above = 0, diagonal = 0, left = 0] = [row[j], row[j - 1], next[j - 1]];
      next.push(Math.min(above + 1, left + 1, diagonal + (a[i] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
