import type { CancelKind } from '@scutwork/jobs/wire';
import type { JobRow } from '../record/job-row';
import type { LedgerError } from '../store/ledger-error';

/** A job as a decision sees it, locked. */
export interface HeldJob {
  row: JobRow;
  /** Nothing of this generation is at the broker. */
  inLedger: boolean;
  /** A revocation of its messages is in force. */
  revoked: boolean;
  /** A revocation of the whole queue stops it. */
  covered: boolean;
  /** Another job holds its unique key. */
  keyTaken: boolean;
}

/** Where the job is after a decision: see `jobs.in_ledger` and the outbox. */
export type PlaceAfter =
  /** Where it was. */
  | 'same'
  /** The due duty releases it. */
  | 'ledger'
  /** The relay publishes it. */
  | 'outbox'
  /** Nothing of it is to be published. */
  | 'nowhere';

/** What becomes of one job. Made by pure functions, carried out by `steer.ts` alone. */
export type Decision =
  | { kind: 'refused'; error: LedgerError }
  | { kind: 'unchanged' }
  | {
      kind: 'changed';
      row: JobRow;
      place: PlaceAfter;
      /** Messages of the job up to this generation are not to be started. */
      revoke?: { generation: number; cancel: CancelKind };
      takesKey?: boolean;
    };

/** `held` is undefined for a job that is not known; `now` is the database's time in ms since 1970. */
export type Decide = (held: HeldJob | undefined, id: string, now: number) => Decision;
