import { type ExecutionContext, createParamDecorator } from '@nestjs/common';
import type { z } from 'zod';
import { RequestProblem } from '../problems/problem';
import { type Fault, faultsOf, fieldOf } from './faults';
import { type Given, routeOf } from './route';

const MOST_FAULTS = 20;

interface Request {
  params: unknown;
  query: unknown;
  body: unknown;
}

/** What the request gave to its route, read by the route's schemas. What does not fit is refused, naming each field at fault. */
export const FromRequest = createParamDecorator(
  (_: unknown, context: ExecutionContext): Given<unknown, unknown, unknown> => {
    const declared = routeOf(context.getHandler());
    const request = context.switchToHttp().getRequest<Request>();
    return {
      params: declared?.params && read(declared.params, request.params, 400, 'path'),
      query: declared?.query && read(declared.query, withPayload(request.query), 400, 'query'),
      body: declared?.body && readBody(declared.body, request.body, declared.bodyOptional === true),
    };
  },
);

function readBody(schema: z.ZodType, body: unknown, optional: boolean): unknown {
  if (body !== undefined) return read(schema, body, 422, 'body');
  if (optional) return read(schema, {}, 422, 'body');
  throw new RequestProblem(400, 'json_invalid', 'There is no body', {
    field: 'body',
    hint: 'Send one JSON object, in UTF-8, with "Content-Type: application/json".',
  });
}

function read(schema: z.ZodType, given: unknown, status: number, whole: string): unknown {
  const result = schema.safeParse(given, { error: sayMissing });
  if (result.success) return result.data;
  throw refusal(result.error.issues.flatMap(faultsOf).slice(0, MOST_FAULTS), status, whole);
}

/** Undefined leaves it to what the schema says. */
const sayMissing = ({ code, input }: { code?: string; input?: unknown }): string | undefined =>
  code === 'invalid_type' && input === undefined ? 'is missing' : undefined;

function refusal(found: Fault[], status: number, whole: string): RequestProblem {
  const errors = found.map(({ path, message }) => ({ field: fieldOf(path, whole), message }));
  const said = errors.slice(0, 3).map(({ field, message }) => `${field}: ${message}`);
  return new RequestProblem(status, 'request_invalid', `The request is not valid: ${said.join('; ')}`, {
    field: errors[0]?.field,
    hint: 'Correct the fields that are named in "errors".',
    errors,
  });
}

const PAYLOAD = 'payload.';

/** `payload.user.id=123` is a member of `payload`, whose name may hold dots. */
function withPayload(query: unknown): unknown {
  const given = Object.entries(query as Record<string, unknown>);
  const paths = given.filter(([name]) => name.startsWith(PAYLOAD));
  if (paths.length === 0) return query;
  const rest = given.filter(([name]) => !name.startsWith(PAYLOAD));
  const payload = Object.fromEntries(paths.map(([name, value]) => [name.slice(PAYLOAD.length), value]));
  return Object.fromEntries([...rest, ['payload', payload]]);
}
