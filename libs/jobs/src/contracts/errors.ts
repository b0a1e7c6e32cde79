/**
 * Every failure this library can state, by how far it reaches: one job, one delivery, the broker, or the
 * configuration. Each has a stable `code`, the `field` or name at fault where there is one, and a `hint`: the next step.
 */
export type ErrorScope = 'job' | 'delivery' | 'broker' | 'configuration';

export type ErrorCode =
  | 'attempts_invalid'
  | 'backoff_invalid'
  | 'backlog_full'
  | 'broker_access_refused'
  | 'broker_unreachable'
  | 'buffer_full'
  | 'client_stopped'
  | 'configuration_invalid'
  | 'consumer_timeout_too_short'
  | 'correlation_id_invalid'
  | 'cron_invalid'
  | 'delay_invalid'
  | 'duplicate_handler'
  | 'expiry_invalid'
  | 'handler_missing'
  | 'header_too_large'
  | 'id_invalid'
  | 'job_type_invalid'
  | 'message_invalid'
  | 'no_ledger'
  | 'no_queue'
  | 'payload_invalid'
  | 'payload_not_json'
  | 'payload_too_large'
  | 'permission_missing'
  | 'poison'
  | 'priority_invalid'
  | 'publish_nacked'
  | 'publish_unknown'
  | 'queue_name_invalid'
  | 'result_not_json'
  | 'result_too_large'
  | 'retention_invalid'
  | 'submission_refused'
  | 'tags_invalid'
  | 'tenant_invalid'
  | 'timeout'
  | 'timeout_invalid'
  | 'topology_mismatch'
  | 'type_unknown'
  | 'unique_invalid';

export interface ErrorDetail {
  /** The option, header or payload path at fault, e.g. `options.delay` or `payload.to`. */
  field?: string;
  /** What to do next, one sentence. */
  hint?: string;
  cause?: unknown;
}

/** Base of every error thrown by this library. Compare `code`, never the message. */
export abstract class ScutworkError extends Error {
  abstract readonly scope: ErrorScope;
  readonly field?: string;
  readonly hint?: string;

  constructor(
    readonly code: ErrorCode,
    message: string,
    detail: ErrorDetail = {},
  ) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = new.target.name;
    this.field = detail.field;
    this.hint = detail.hint;
  }
}

/** One job is wrong: its type, payload or options. Nothing was published. */
export class JobError extends ScutworkError {
  readonly scope = 'job';
}

/** One message could not be published, settled or read. */
export class DeliveryError extends ScutworkError {
  readonly scope = 'delivery';
}

/** The broker is away, refuses us, or is not set up as it must be. */
export class BrokerError extends ScutworkError {
  readonly scope = 'broker';
}

/** The application is put together wrongly. Thrown at start, naming every mistake at once. */
export class ConfigurationError extends ScutworkError {
  readonly scope = 'configuration';
}

/**
 * `add` did not end in "accepted". `outcome` says which it was:
 * `refused` (the job does not exist) or `unknown` (it may; adding again with the same `jobId` is safe).
 *
 * @example
 * try { await jobs.add(Welcome, payload) }
 * catch (e) { if (e instanceof JobNotAccepted && e.outcome === 'unknown') await jobs.add(Welcome, payload, { id: e.jobId }) }
 */
export class JobNotAccepted extends ScutworkError {
  readonly scope = 'delivery';

  constructor(
    code: ErrorCode,
    readonly outcome: 'refused' | 'unknown',
    readonly jobId: string,
    message: string,
    detail: ErrorDetail = {},
  ) {
    super(code, message, detail);
  }
}

/**
 * Throw it in a handler when trying again cannot help: the job is dead-lettered at once, whatever attempts are left.
 *
 * @example throw new UnrecoverableError('the account was closed')
 */
export class UnrecoverableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnrecoverableError';
  }
}

/**
 * Throw it in a handler to choose the wait before the next attempt, in place of the backoff. It uses up an attempt.
 *
 * @param delayMs milliseconds until the next attempt, 0 or more
 * @example throw new RetryAfterError(30_000, 'rate limited by the provider')
 */
export class RetryAfterError extends Error {
  constructor(
    readonly delayMs: number,
    message = `retry after ${delayMs} ms`,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'RetryAfterError';
    if (!Number.isFinite(delayMs) || delayMs < 0) {
      throw new RangeError(`RetryAfterError: delayMs must be a number of milliseconds, 0 or more; it is ${delayMs}`);
    }
  }
}

/** The attempt took longer than its timeout. The signal was aborted with this error as its reason. */
export class TimeoutError extends Error {
  constructor(readonly timeoutMs: number) {
    super(`The attempt took longer than its timeout of ${timeoutMs} ms`);
    this.name = 'TimeoutError';
  }
}
