import type { Submission } from '../evidence';
import type { Finding } from '../finding';
import { type Known, grouped } from '../known';

/** Two jobs of one key are never pending at once, and a duplicate is told of a job that stands. */
export function unique(known: Known): Finding[] {
  const taken = grouped(
    known.accepted.filter(({ uniqueKey }) => uniqueKey !== undefined),
    ({ uniqueKey }) => uniqueKey,
  );
  return [
    ...[...taken.values()].flatMap((jobs) => pairs(jobs).flatMap((pair) => judge(pair, known) ?? [])),
    ...strays(known),
  ];
}

/** One after the other: whichever was first had ended before anyone was told that the other was taken. */
function judge([one, other]: readonly [Submission, Submission], known: Known): Finding | undefined {
  if (couldFollow(one, other, known) || couldFollow(other, one, known)) return undefined;
  const says = `two jobs of the key "${one.uniqueKey ?? ''}" were pending at once: this one and ${other.id}`;
  return { verdict: 'wrong', rule: 'unique', id: one.id, says };
}

function couldFollow(first: Submission, second: Submission, { endsOf }: Known): boolean {
  const end = endsOf(first.id).find(({ ok }) => ok);
  return end !== undefined && end.at <= (second.answeredAt ?? 0);
}

/** Only those near each other in time can meet. */
function pairs(jobs: readonly Submission[]): (readonly [Submission, Submission])[] {
  const inOrder = [...jobs].sort((a, b) => (a.answeredAt ?? 0) - (b.answeredAt ?? 0));
  return inOrder.flatMap((job, index) => inOrder.slice(index + 1, index + 6).map((other) => [job, other] as const));
}

/**
 * An answer that was never heard may be of the job that stands. What was asked for several times lies in the ledger's
 * queue as often: one call is told of a duplicate, and a later one is taken, as the job that was pending has ended.
 */
function strays({ submissions }: Known): Finding[] {
  const mayStand = submissions.filter(({ answer, asked }) => answer !== 'duplicate' || asked > 1);
  const keyOf = new Map(mayStand.map(({ id, uniqueKey }) => [id, uniqueKey]));
  return submissions
    .filter(({ answer, standing, uniqueKey }) => answer === 'duplicate' && keyOf.get(standing ?? '') !== uniqueKey)
    .map(({ id, standing, uniqueKey }) => ({
      ...({ verdict: 'lost', rule: 'unique', id } as const),
      says: `it was called a duplicate of ${standing ?? 'nothing'}, which is no job of the key "${uniqueKey ?? ''}"`,
    }));
}
