import type { Finding } from '../finding';
import type { Known } from '../known';

/** Nothing is left at the broker, nobody ran or recorded a job that was never asked for, and no process fell. */
export function leftovers({ submissions, rows, runs, depths, crashes }: Known): Finding[] {
  const asked = new Set(submissions.map(({ id }) => id));
  const ticked = new Set(rows.filter(({ schedule }) => schedule !== undefined).map(({ id }) => id));
  const strangers = new Set([...rows, ...runs].map(({ id }) => id).filter((id) => !asked.has(id) && !ticked.has(id)));
  const wrong = (rule: string, says: string, id?: string): Finding => ({ verdict: 'wrong', rule, says, id });
  return [
    ...[...strangers].map((id) => wrong('strangers', 'nobody has asked for this job', id)),
    ...depths
      .filter(({ messages }) => messages > 0)
      .map(({ queue, messages }) => wrong('empty queues', `${messages} messages are left in ${queue}`)),
    ...crashes.map((crash) => wrong('processes', crash)),
  ];
}
