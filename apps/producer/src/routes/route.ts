import { Delete, Get, HttpCode, Patch, Post, Put, SetMetadata, applyDecorators } from '@nestjs/common';
import type { Role } from '@scutwork/ledger';
import type { z } from 'zod';
import type { OtherCaller } from '../auth/access';

/** Before every path. */
export const API_ROOT = '/api/v1';

/** What a route answers when all went well. */
export interface Answer {
  status: 200 | 201 | 202 | 204;
  says: string;
  /** Of a JSON body. */
  schema?: z.ZodType;
  /** Of a body that is not JSON. */
  mediaTypes?: string[];
}

/** Everything there is to say of a route: it is routed, guarded, read and described by this alone. */
export interface RouteDeclaration<Params = unknown, Query = unknown, Body = unknown> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below {@link API_ROOT}, e.g. `/jobs/:id`. */
  path: string;
  /** The least that a caller must be. */
  role: Role;
  /** Its group in the description. */
  tag: string;
  summary: string;
  params?: z.ZodType<Params>;
  query?: z.ZodType<Query>;
  body?: z.ZodType<Body>;
  /** The body may be left out. Default false. */
  bodyOptional?: boolean;
  /** It takes `If-Match`, and refuses with 412 when somebody has changed the thing meanwhile. */
  ifMatch?: true;
  /** Also for whoever shows the secret of this one: `CRON_SECRET`, `METRICS_TOKEN`. */
  alsoBy?: OtherCaller;
  answer: Answer;
  /** What it answers instead in the case that is named; the handler sets its status. */
  otherwise?: Answer;
  /** Codes of the problems that are its own, by status. */
  problems?: Partial<Record<400 | 404 | 409 | 412 | 413 | 422, string[]>>;
}

/** What a request gave, as the schemas of its route read it. */
export interface Given<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
}

export type GivenTo<R> =
  R extends RouteDeclaration<infer Params, infer Query, infer Body> ? Given<Params, Query, Body> : never;

/** Keeps the types of the schemas. */
export function route<Params, Query, Body>(
  declaration: RouteDeclaration<Params, Query, Body>,
): RouteDeclaration<Params, Query, Body> {
  return declaration;
}

const ROUTE = 'scutwork:route';

const methods = { GET: Get, POST: Post, PUT: Put, PATCH: Patch, DELETE: Delete };

/**
 * Makes a method of a controller the handler of a route.
 * @example \@Route(cancelJob) cancel(@FromRequest() { params }: GivenTo<typeof cancelJob>) { … }
 */
export function Route(declaration: RouteDeclaration): MethodDecorator {
  const { method, path, answer } = declaration;
  return applyDecorators(methods[method](API_ROOT + path), HttpCode(answer.status), SetMetadata(ROUTE, declaration));
}

/** The route that a method of a controller handles. */
export function routeOf(handler: object): RouteDeclaration | undefined {
  return Reflect.getMetadata(ROUTE, handler) as RouteDeclaration | undefined;
}
