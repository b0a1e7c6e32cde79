import type { Submission } from '../evidence';
import type { Finding } from '../finding';
import type { Known } from '../known';

/** Clocks of files and of timers differ by some milliseconds. */
const TOLERANCE_MS = 30;

/** As many attempts as it takes, each after the one before it has failed and the backoff has passed. */
export function attempts(known: Known): Finding[] {
  return known.accepted.flatMap((job) => [...count(job, known), ...spacing(job, known)]);
}

function count({ id, kind, expected }: Submission, { rowOf, startsOf }: Known): Finding[] {
  const row = rowOf.get(id);
  if (!row || row.state !== expected.ends[0] || row.state === 'cancelled') return [];
  const ran = [...new Set(startsOf(id).map(({ attempt }) => attempt))].sort((a, b) => a - b);
  const wanted = Array.from({ length: expected.attempts }, (_, index) => index + 1);
  const findings: Finding[] = [];
  if (ran.join() !== wanted.join())
    findings.push(
      wrong(id, `this ${kind} job ran the attempts ${ran.join() || 'none'}, and must run ${wanted.join() || 'none'}`),
    );
  if (expected.attempts > 0 && row.attempt !== expected.attempts)
    findings.push(
      wrong(id, `the ledger has attempt ${row.attempt} of this ${kind} job, and must have ${expected.attempts}`),
    );
  return findings;
}

function spacing({ id, kind, expected, moved }: Submission, { startsOf, endsOf }: Known): Finding[] {
  const { backoffMs } = expected;
  // A move may bring the next attempt forward.
  if (backoffMs === undefined || moved) return [];
  const findings: Finding[] = [];
  for (const next of startsOf(id).filter(({ attempt }) => attempt > 1)) {
    const failed = endsOf(id).find(({ attempt }) => attempt === next.attempt - 1);
    if (!failed)
      findings.push(wrong(id, `attempt ${next.attempt} of this ${kind} job began before the one before it ended`));
    else if (next.at < failed.at + backoffMs - TOLERANCE_MS)
      findings.push(
        wrong(id, `attempt ${next.attempt} of this ${kind} job came after ${next.at - failed.at} ms, not ${backoffMs}`),
      );
  }
  return findings;
}

const wrong = (id: string, says: string): Finding => ({ verdict: 'wrong', rule: 'attempts', id, says });
