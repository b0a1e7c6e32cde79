import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { BrokerError, DeliveryError, JobError, JobNotAccepted, ScutworkError } from '@scutwork/jobs';
import { LedgerError, type LedgerErrorCode, isDatabaseAway } from '@scutwork/ledger';
import { Refused } from '../auth/refused';
import { BODY_LIMIT_BYTES, PAYLOAD_LIMIT_BYTES } from '../schemas/limits';

/** An RFC 9457 problem document. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  /** What happened, for people. */
  detail: string;
  /** The same for programs; it does not change. */
  code: string;
  /** What is at fault, e.g. `payload.to` or `jobs[3].options.delay`. */
  field?: string;
  /** The next step. */
  hint?: string;
  [member: string]: unknown;
}

/** A request that is refused, with what its problem document says. */
export class RequestProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly more: { field?: string; hint?: string; [member: string]: unknown } = {},
  ) {
    super(message);
    this.name = 'RequestProblem';
  }
}

/** The problem that an error stands for. */
export function problemOf(error: unknown): Problem {
  if (error instanceof RequestProblem) return problem(error.status, error.code, error.message, error.more);
  if (error instanceof Refused) return problem(401, error.code, error.message, { hint: CREDENTIALS });
  if (error instanceof LedgerError) return ledgerProblem(error);
  if (error instanceof ScutworkError) return problem(statusOf(error), error.code, error.message, detailsOf(error));
  if (error instanceof HttpException) return httpProblem(error);
  if (isDatabaseAway(error) || isNotSetUp(error)) return DATABASE_AWAY;
  if (isNotKept(error)) return NOT_KEPT;
  return problem(500, 'internal_error', 'Something went wrong here', { hint: 'The log of the producer says more.' });
}

const CREDENTIALS =
  'Send "Authorization: Bearer <token>" with an API key, a JWT, or the token in the file admin.token of the data folder.';

function problem(status: number, code: string, detail: string, more: object = {}): Problem {
  return {
    type: `urn:scutwork:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    code,
    ...more,
  };
}

/** What the database itself says of it stays in the log: it may name hosts and users. */
const DATABASE_AWAY = problem(503, 'database_unreachable', 'The database cannot be reached just now', {
  hint: 'See /health/ready, and send the request again when it says ok. Jobs run all the same.',
});

/** The ledger makes its tables when it first reaches the database. */
function isNotSetUp(error: unknown): boolean {
  return (error as { code?: string } | null)?.code === '42P01';
}

/** Legal in JSON, and refused by PostgreSQL: U+0000, half a pair of surrogates. */
function isNotKept(error: unknown): boolean {
  return ['22021', '22P02', '22P05'].includes((error as { code?: string } | null)?.code ?? '');
}

const NOT_KEPT = problem(422, 'text_not_storable', 'A text holds characters that cannot be kept', {
  hint: 'Leave out U+0000 and halves of surrogate pairs.',
});

const ledgerStatus: Record<LedgerErrorCode, number> = {
  job_not_found: 404,
  queue_not_found: 404,
  bulk_not_found: 404,
  job_finished: 409,
  job_not_finished: 409,
  job_not_delayed: 409,
  job_running: 409,
  job_cancelling: 409,
  payload_unknown: 409,
  key_taken: 409,
  id_taken: 409,
  schedule_not_found: 404,
  schedule_exists: 409,
  schedule_disabled: 409,
  schedule_changed: 412,
  schedule_invalid: 422,
  cursor_invalid: 400,
  filter_invalid: 400,
  unique_invalid: 422,
  keep_invalid: 422,
  options_invalid: 422,
  query_too_broad: 422,
  backlog_full: 503,
  database_unreachable: 503,
};

function ledgerProblem({ code, message, field, hint }: LedgerError): Problem {
  return code === 'database_unreachable' ? DATABASE_AWAY : problem(ledgerStatus[code], code, message, { field, hint });
}

function statusOf(error: ScutworkError): number {
  if (error instanceof JobNotAccepted) {
    if (error.code === 'header_too_large') return 422;
    return error.outcome === 'unknown' ? 504 : 503;
  }
  if (error instanceof BrokerError || error instanceof DeliveryError) return 503;
  if (error.code === 'payload_too_large') return 413;
  // Of a schedule in the request: those in code are checked at the start.
  if (error.code === 'cron_invalid') return 422;
  return error instanceof JobError ? 422 : 500;
}

function detailsOf(error: ScutworkError): object {
  const { field, hint, code } = error;
  if (error instanceof JobNotAccepted) return { field, hint, id: error.jobId, outcome: error.outcome };
  return code === 'payload_too_large' ? { field, hint, limitBytes: PAYLOAD_LIMIT_BYTES } : { field, hint };
}

/** What Nest and Fastify throw before a controller is reached. */
function httpProblem(error: HttpException): Problem {
  const status = error.getStatus();
  switch (status) {
    case 400:
      return problem(400, 'json_invalid', error.message, { field: 'body', hint: 'Send one JSON object, in UTF-8.' });
    case 404:
      return problem(404, 'route_unknown', 'There is no such route', {
        hint: 'GET /api/v1/openapi.json describes those that there are.',
      });
    case 413:
      return problem(413, 'body_too_large', `The body is larger than ${BODY_LIMIT_BYTES} bytes`, {
        field: 'body',
        hint: 'Send fewer jobs at once, and store large data elsewhere.',
        limitBytes: BODY_LIMIT_BYTES,
      });
    case 415:
      return problem(415, 'media_type_unsupported', 'Bodies are taken as application/json only', {
        field: 'content-type',
        hint: 'Send "Content-Type: application/json".',
      });
    default:
      return problem(status, 'http_error', error.message);
  }
}
