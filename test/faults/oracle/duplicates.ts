import { type Known, type Start, grouped } from './known';

/** Channels are missed so long after what ended them. */
const NOTICED_MS = 25_000;

/** Runs of an attempt beyond its first, by what can have caused them. At least once permits them; each has a reason. */
export function duplicates(known: Known): Map<string, number> {
  const counts = new Map<string, number>();
  const movedIds = new Set(known.submissions.filter(({ moved }) => moved).map(({ id }) => id));
  const byAttempt = grouped(
    known.runs.filter((line): line is Start => line.said === 'start'),
    ({ id, attempt }) => `${id} ${attempt}`,
  );
  for (const starts of byAttempt.values()) {
    for (const [index, again] of starts.slice(1).entries()) {
      const cause = causeOf(starts[index] ?? again, again, movedIds, known);
      counts.set(cause, (counts.get(cause) ?? 0) + 1);
    }
  }
  return counts;
}

function causeOf(before: Start, again: Start, moved: ReadonlySet<string>, { struck }: Known): string {
  const faults = struck
    .filter(({ fromMs, toMs }) => fromMs <= again.at && toMs + NOTICED_MS >= before.at)
    // The nearest before the second run.
    .sort((a, b) => Math.abs(again.at - a.fromMs) - Math.abs(again.at - b.fromMs));
  if (moved.has(again.id)) return 'a move';
  return faults[0]?.fault ?? 'unexplained';
}
