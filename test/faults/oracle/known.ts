import type { RunLine } from '../record/run-record';
import type { Evidence, Row, Submission } from './evidence';

export type Start = Extract<RunLine, { said: 'start' }>;
type End = Extract<RunLine, { said: 'end' }>;

/** The evidence by job. */
export interface Known extends Evidence {
  rowOf: ReadonlyMap<string, Row>;
  /** By time. */
  startsOf: (id: string) => readonly Start[];
  endsOf: (id: string) => readonly End[];
  /** Jobs that there must be: what was accepted, and is not the duplicate of another. */
  accepted: readonly Submission[];
}

const idOf = ({ id }: { id: string }): string => id;

export function knownFrom(evidence: Evidence): Known {
  const starts = grouped(
    evidence.runs.filter((line): line is Start => line.said === 'start'),
    idOf,
  );
  const ends = grouped(
    evidence.runs.filter((line): line is End => line.said === 'end'),
    idOf,
  );
  return {
    ...evidence,
    rowOf: new Map(evidence.rows.map((row) => [row.id, row])),
    startsOf: (id) => starts.get(id) ?? [],
    endsOf: (id) => ends.get(id) ?? [],
    accepted: evidence.submissions.filter(({ answer }) => answer === 'accepted'),
  };
}

/** What belongs together, in the order in which it came. */
export function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
