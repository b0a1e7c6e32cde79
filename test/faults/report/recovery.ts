import type { Evidence, Struck } from '../oracle/evidence';

/** Who asks for jobs in a way that needs what was struck. */
const THROUGH_THE_LEDGER = /^(database|producer)/;

/**
 * From the mending of a fault until a job had run that was asked for after it: through the API where the ledger had been
 * struck. Undefined when none was asked for any more.
 */
export function recoveryMs({ fault, toMs }: Struck, { submissions, runs }: Evidence): number | undefined {
  const by = THROUGH_THE_LEDGER.test(fault) ? 'api' : 'client';
  const after = submissions.filter((job) => job.kind === 'plain' && job.by === by && job.sentAt >= toMs);
  const ids = new Set(after.map(({ id }) => id));
  const first = runs.find((line) => line.said === 'end' && line.at >= toMs && ids.has(line.id));
  return first && first.at - toMs;
}
