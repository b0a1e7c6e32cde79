import type { Struck, Submission } from './evidence';
import { type Known, type Start, grouped } from './known';

/** The end of a connection is noticed so long after what ended it, and what was held comes again. */
const NOTICED_MS = 25_000;
/** Faults after which nobody gives a job back: not theirs are the channels on which jobs come. */
const HARMLESS = /^(scheduler|queue|events)/;
/** Of these only the relay of the outbox may publish a job again. */
const OF_THE_LEDGER = /^(database|producer)/;

/** Runs of an attempt beyond its first, by what can have caused them. At least once permits them; each has a reason. */
export function duplicates(known: Known): Map<string, number> {
  const counts = new Map<string, number>();
  const submissionOf = new Map(known.submissions.map((submission) => [submission.id, submission]));
  const byAttempt = grouped(
    known.runs.filter((line): line is Start => line.said === 'start'),
    ({ id, attempt }) => `${id} ${attempt}`,
  );
  for (const starts of byAttempt.values()) {
    for (const [index, again] of starts.slice(1).entries()) {
      const cause = causeOf(starts[index] ?? again, again, submissionOf.get(again.id), known.struck);
      counts.set(cause, (counts.get(cause) ?? 0) + 1);
    }
  }
  return counts;
}

function causeOf(before: Start, again: Start, job: Submission | undefined, struck: readonly Struck[]): string {
  if (job?.moved) return 'a move';
  if (job && job.asked > 1) return 'asked for again after no answer';
  const near = struck
    .filter(({ fault }) => !HARMLESS.test(fault) && (job?.by === 'api' || !OF_THE_LEDGER.test(fault)))
    .filter(({ fromMs, toMs }) => fromMs <= again.at && toMs + NOTICED_MS >= before.at)
    .sort((a, b) => Math.abs(again.at - a.fromMs) - Math.abs(again.at - b.fromMs));
  return near[0]?.fault ?? 'unexplained';
}
