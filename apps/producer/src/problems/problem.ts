import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { BrokerError, DeliveryError, JobError, JobNotAccepted, ScutworkError } from '@scutwork/jobs';
import { BODY_LIMIT_BYTES } from '../rest/limits';

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

/** The problem that an error stands for. */
export function problemOf(error: unknown, method: string, url: string): Problem {
  if (error instanceof RequestProblem) return problem(error.status, error.code, error.message, error.more);
  if (error instanceof ScutworkError) return problem(statusOf(error), error.code, error.message, detailsOf(error));
  if (error instanceof HttpException) return httpProblem(error, method, url);
  return problem(500, 'internal_error', 'Something went wrong here', { hint: 'The log of the producer says more.' });
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

function problem(status: number, code: string, detail: string, more: { field?: string; hint?: string } = {}): Problem {
  return {
    type: `urn:scutwork:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    code,
    ...more,
  };
}

function statusOf(error: ScutworkError): number {
  if (error instanceof JobNotAccepted) {
    if (error.code === 'header_too_large') return 422;
    return error.outcome === 'unknown' ? 504 : 503;
  }
  if (error instanceof BrokerError || error instanceof DeliveryError) return 503;
  if (error.code === 'payload_too_large') return 413;
  return error instanceof JobError ? 422 : 500;
}

function detailsOf(error: ScutworkError): { field?: string; hint?: string; id?: string; outcome?: string } {
  const { field, hint } = error;
  return error instanceof JobNotAccepted ? { field, hint, id: error.jobId, outcome: error.outcome } : { field, hint };
}

/** What Nest and Fastify throw before a controller is reached. */
function httpProblem(error: HttpException, method: string, url: string): Problem {
  const status = error.getStatus();
  switch (status) {
    case 400:
      return problem(400, 'json_invalid', error.message, { field: 'body', hint: 'Send one JSON object, in UTF-8.' });
    case 401:
      return problem(401, 'token_missing_or_wrong', error.message, {
        hint: 'Send "Authorization: Bearer <token>"; the token is in the file admin.token of the data folder.',
      });
    case 404:
      return problem(404, 'route_unknown', `There is no ${method} ${url.split('?')[0] ?? ''}`, {
        hint: 'Jobs are added by POST /api/v1/jobs and POST /api/v1/jobs/batch.',
      });
    case 413:
      return problem(413, 'body_too_large', `The body is larger than ${BODY_LIMIT_BYTES} bytes`, {
        field: 'body',
        hint: 'Send fewer jobs at once, and store large data elsewhere.',
        ...{ limitBytes: BODY_LIMIT_BYTES },
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
