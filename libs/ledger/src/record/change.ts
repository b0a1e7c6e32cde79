import { type JobEvent, type RecordedEvent, isFinalState } from '@scutwork/jobs/wire';
import type { Transaction } from '../store/database';
import type { JobRow } from './job-row';

/** A row that a batch has really changed. */
export interface Change {
  /** As it was; undefined for a job that was not known. */
  before: Readonly<JobRow> | undefined;
  after: Readonly<JobRow>;
}

/**
 * What depends on changed rows, in the transaction that changes them: one file each in `effects/`. Replaying a batch
 * changes no row, and so has no effect.
 */
export type Effect = (tx: Transaction, changes: readonly Change[], facts: readonly RecordedEvent[]) => Promise<void>;

/** Whether a fact is one about a job; others are about workers, markers and the ledger itself. */
export const isJobFact = (fact: RecordedEvent): fact is JobEvent => 'id' in fact;

/** Whether a fact tells how a message of a job ended. */
export function isEnd(
  fact: RecordedEvent,
): fact is Extract<JobEvent, { event: 'cancelled' | 'completed' | 'dead' | 'expired' }> {
  return isFinalState(fact.event);
}
