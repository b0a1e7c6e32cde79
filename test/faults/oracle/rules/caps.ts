import { queueOf } from '@scutwork/jobs';
import type { Cap } from '../evidence';
import type { Finding } from '../finding';
import { type Known, type Start, grouped } from '../known';

/**
 * Never do more jobs of a queue run at a time than its cap. A run whose job was started again meanwhile does not count: its
 * worker was cut off, and does not know (docs/how-to/limit-concurrency.md).
 */
export function caps(known: Known): Finding[] {
  return known.caps.flatMap((cap) => judge(cap, known));
}

interface Step {
  at: number;
  by: 1 | -1;
  id: string;
}

function judge({ queue, most }: Cap, known: Known): Finding[] {
  const starts = known.runs.filter((line): line is Start => line.said === 'start' && queueOf(line.type) === queue);
  const steps = [...grouped(starts, ({ id }) => id).values()].flatMap((runs) =>
    runs.flatMap((...[run, index]) => stepsOf(run, runs[index + 1], known)),
  );
  // Of one millisecond what ends is first.
  steps.sort((a, b) => a.at - b.at || a.by - b.by);
  let running = 0;
  const over: Finding[] = [];
  for (const { at, by, id } of steps) {
    running += by;
    const says = `${running} jobs of "${queue}" ran at ${new Date(at).toISOString()}, and ${most} may`;
    if (by > 0 && running > most) over.push({ verdict: 'wrong', rule: 'cap', id, says });
  }
  return over;
}

function stepsOf({ id, attempt, worker, at }: Start, again: Start | undefined, { endsOf, exits }: Known): Step[] {
  const ended = endsOf(id).find((end) => end.worker === worker && end.attempt === attempt && end.at >= at)?.at;
  const gone = exits.find(({ process }) => process === worker)?.at;
  const until = Math.min(ended ?? Infinity, gone ?? Infinity, again?.at ?? Infinity);
  if (until < at) return [];
  return [{ at, by: 1, id }, ...(until === Infinity ? [] : [{ at: until, by: -1, id } as const])];
}
