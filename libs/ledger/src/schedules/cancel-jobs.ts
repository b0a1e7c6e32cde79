import { cancel } from '../control/cancel';
import { steer } from '../control/steer';
import type { Recorder } from '../record/recorder';
import type { Transaction } from '../store/database';

/** Cancels jobs of a schedule, as somebody would who cancels each. */
export async function cancelJobs(tx: Transaction, recorder: Recorder, jobs: readonly { id: string }[]): Promise<void> {
  const ids = jobs.map(({ id }) => id);
  if (ids.length > 0) await steer(tx, recorder, ids, cancel);
}
