/** What the ledger can refuse, with a code that does not change. */
export type LedgerErrorCode =
  | 'job_not_found'
  | 'job_finished'
  | 'job_not_finished'
  | 'job_cancelling'
  | 'job_not_delayed'
  | 'job_running'
  | 'payload_unknown'
  | 'key_taken'
  | 'id_taken'
  | 'queue_not_found'
  | 'bulk_not_found'
  | 'cursor_invalid'
  | 'filter_invalid'
  | 'unique_invalid'
  | 'keep_invalid'
  | 'options_invalid'
  | 'query_too_broad'
  | 'schedule_not_found'
  | 'schedule_exists'
  | 'schedule_changed'
  | 'schedule_disabled'
  | 'schedule_invalid'
  | 'backlog_full'
  | 'database_unreachable';

/** Compare `code`, never the message. */
export class LedgerError extends Error {
  readonly field?: string;
  readonly hint?: string;

  constructor(
    readonly code: LedgerErrorCode,
    message: string,
    detail: { field?: string; hint?: string; cause?: unknown } = {},
  ) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'LedgerError';
    this.field = detail.field;
    this.hint = detail.hint;
  }
}
