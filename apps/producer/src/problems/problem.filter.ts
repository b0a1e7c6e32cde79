import { ArgumentsHost, Catch, ExceptionFilter, NotFoundException } from '@nestjs/common';
import type { Logger } from 'pino';
import { RouteTable } from '../routes/route-table';
import { type Problem, RequestProblem, problemOf } from './problem';

interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: unknown): unknown;
}

/** Answers every error as `application/problem+json`. Only those that are our fault are logged. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly routes: RouteTable,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const { method, url } = http.getRequest<{ method: string; url: string }>();
    const problem = problemOf(error instanceof NotFoundException ? this.notRouted(method, url) : error);
    if (problem.status === 500) this.logger.error({ err: error, method }, 'a request failed');
    const reply = http.getResponse<Reply>();
    for (const [name, value] of headersOf(problem)) reply.header(name, value);
    // As bytes: to a text Fastify would add a charset, which JSON has not.
    reply.code(problem.status).send(Buffer.from(JSON.stringify(problem)));
  }

  /** The query is left out: tokens have been seen there. */
  private notRouted(method: string, url: string): RequestProblem {
    const path = url.split('?')[0] ?? '';
    const allowed = this.routes.methodsAt(path);
    if (allowed.length > 0) {
      return new RequestProblem(405, 'method_not_allowed', `${path} does not take ${method}`, {
        hint: `It takes ${allowed.join(', ')}.`,
        allow: allowed.join(', '),
      });
    }
    return new RequestProblem(404, 'route_unknown', `There is no ${method} ${path}`, {
      hint: 'GET /api/v1/openapi.json describes the routes that there are.',
    });
  }
}

function headersOf({ status, retryAfter, allow }: Problem): [string, string][] {
  const headers: [string, string][] = [['content-type', 'application/problem+json']];
  if (status === 401) headers.push(['www-authenticate', 'Bearer realm="scutwork"']);
  if (status === 429 || status === 503)
    headers.push(['retry-after', typeof retryAfter === 'number' ? String(retryAfter) : '5']);
  if (status === 405) headers.push(['allow', String(allow)]);
  return headers;
}
