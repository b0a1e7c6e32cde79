import { JobError } from '@scutwork/jobs';
import { LedgerError, type SubmitEntry, type SubmittedJob, type Submitting } from '@scutwork/ledger';

/** Submits one job: a mistake is named `payload.to`, not `jobs[0].payload.to`. @throws JobError, LedgerError */
export async function submitOne(ledger: Submitting, entry: SubmitEntry): Promise<SubmittedJob> {
  try {
    const [job] = await ledger.submit([entry]);
    if (job === undefined) throw new Error('the ledger took a job and did not say which');
    return job;
  } catch (error) {
    throw ofTheEntry(error);
  }
}

function ofTheEntry(error: unknown): unknown {
  if (!(error instanceof JobError || error instanceof LedgerError)) return error;
  const { cause } = error;
  return cause instanceof JobError || cause instanceof LedgerError ? cause : error;
}
