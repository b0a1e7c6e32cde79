import { ArgumentsHost, Catch, ExceptionFilter } from '@nestjs/common';
import type { Logger } from 'pino';
import { problemOf } from './problem';

interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: unknown): unknown;
}

/** Answers every error as `application/problem+json`. Only those that are our fault are logged. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const { method, url } = http.getRequest<{ method: string; url: string }>();
    const problem = problemOf(error, method, url);
    if (problem.status === 500) this.logger.error({ err: error, method }, 'a request failed');
    const reply = http.getResponse<Reply>().code(problem.status).header('content-type', 'application/problem+json');
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="scutwork"');
    if (problem.status === 503) reply.header('retry-after', '5');
    // As bytes: to a text Fastify would add a charset, which JSON has not.
    reply.send(Buffer.from(JSON.stringify(problem)));
  }
}
