import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestProblem, problemOf } from '../problems/problem';

/** What Fastify finds wrong with an address before it has routed it: a `%` that begins no character. */
export function refuseUnroutable(_error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(
    new RequestProblem(400, 'path_invalid', 'The path cannot be read', {
      field: 'path',
      hint: 'Percent-encode ids, in UTF-8.',
    }),
  );
  reply.code(problem.status).header('content-type', 'application/problem+json').send(JSON.stringify(problem));
}
