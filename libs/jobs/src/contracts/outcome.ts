import type { CancelKind } from './control';
import type { JsonText } from './json';

/** What went wrong, bounded in size, as it is recorded and shown. */
export interface Failure {
  /** Class of the error, e.g. `TypeError`. */
  name: string;
  message: string;
  /** Stable code where the error has one. */
  code?: string;
  stack?: string;
}

/** Why a job was given up. */
export type DeadReason =
  | 'attempts_exhausted'
  | 'unrecoverable'
  | 'payload_invalid'
  | 'message_invalid'
  /** It came through a door where publishers must sign, and none vouches for it. */
  | 'signature_invalid'
  | 'type_unknown'
  | 'poison'
  /** Its queue does not exist any more, or never did. */
  | 'no_queue'
  /** The broker gave it up: returned too often, or rejected. */
  | 'rejected'
  | 'unpublishable';

/** Why a job waits without using up an attempt. */
export type DeferReason = 'type_unknown' | 'delay' | 'paused';

/** What happens to a delivery. One file decides it (`retry/decide.ts` and the checks before the run), one file carries it out (`worker/settle.ts`). */
export type Outcome =
  | { kind: 'completed'; result: JsonText | undefined }
  | { kind: 'retry'; delayMs: number; exact: boolean; failure: Failure }
  | { kind: 'dead'; reason: DeadReason; failure: Failure }
  | { kind: 'expired' }
  /** The ledger had revoked it before it was started, or its signal was aborted for that. */
  | { kind: 'cancelled'; cancel: CancelKind }
  | { kind: 'deferred'; delayMs: number; reason: DeferReason }
  | { kind: 'suspected'; deliveries: number }
  /** A suspect goes back to its queue, and that is no death of its worker: it was not started, or is handed back. */
  | { kind: 'returned' }
  /** It came without a message id and goes round again with this one. */
  | { kind: 'adopted'; id: string };
