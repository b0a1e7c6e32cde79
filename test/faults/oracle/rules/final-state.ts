import type { Submission } from '../evidence';
import type { Finding } from '../finding';
import type { Known } from '../known';

/** Every accepted job has exactly one final state, one of those that it may have; it ran if it completed. */
export function finalState(known: Known): Finding[] {
  return known.accepted.flatMap((job) => judge(job, known) ?? []);
}

function judge({ id, kind, expected }: Submission, { rowOf, startsOf, endsOf }: Known): Finding | undefined {
  const row = rowOf.get(id);
  const found = (verdict: Finding['verdict'], says: string): Finding => ({ verdict, rule: 'final state', id, says });
  if (!row)
    return found('lost', `the ledger does not know this ${kind} job; it was started ${startsOf(id).length} times`);
  if (!row.finished) return found('lost', `this ${kind} job is still ${row.state}, at attempt ${row.attempt}`);
  if (!(expected.ends as readonly string[]).includes(row.state))
    return found('wrong', `this ${kind} job is ${row.state}, and must be ${expected.ends.join(' or ')}`);
  const succeeded = endsOf(id).some(({ ok }) => ok);
  if (row.state === 'completed' && !succeeded)
    return found('wrong', `this ${kind} job is completed, and no run of it has come to its end`);
  return undefined;
}
