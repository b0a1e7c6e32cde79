import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { API_ROOT, type Answer, type RouteDeclaration } from '../routes/route';

/** JSON Schema as OpenAPI 3.1 has it. */
export type JsonSchema = Record<string, unknown>;

/** What of OpenAPI is used here. */
export interface OpenApi {
  openapi: '3.1.0';
  info: { title: string; version: string; description: string };
  security: Record<string, string[]>[];
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema>; securitySchemes: Record<string, unknown> };
}

export interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  /** The least role that may call it. */
  'x-role': string;
  parameters: Parameter[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, { description: string; content?: Content; $ref?: string }>;
}

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  style?: 'form';
  explode?: boolean;
  schema: JsonSchema;
}

type Content = Record<string, { schema: JsonSchema }>;

const PROBLEM = 'application/problem+json';

/** Codes that any route may answer with. */
const everywhere: Record<string, string[]> = {
  401: ['token_missing_or_wrong', 'token_expired', 'token_revoked'],
  403: ['role_insufficient', 'role_missing'],
  429: ['too_many_requests'],
  503: ['database_unreachable'],
};

/** The OpenAPI 3.1 description of routes, made from the same declarations that route, guard and check. */
export function describeApi(routes: readonly RouteDeclaration[]): OpenApi {
  const schemas: Record<string, JsonSchema> = { Problem: problemSchema };
  const paths: OpenApi['paths'] = {};
  for (const route of routes) {
    const path = API_ROOT + route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Scutwork', version: '1', description: 'Background jobs: add them, find them, steer them.' },
    security: [{ bearer: [] }, { apiKey: [] }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key, a JWT, or the token of the admin' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
    },
  };
}

function operationOf(route: RouteDeclaration, schemas: Record<string, JsonSchema>): Operation {
  const { method, path, summary, tag, role, params, query, body, bodyOptional, ifMatch } = route;
  const words = path.split(/[/:.-]/).filter((word) => word !== '');
  return {
    operationId: [method.toLowerCase(), ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join(''),
    summary,
    tags: [tag],
    'x-role': role,
    parameters: [
      ...parametersOf('path', params, schemas),
      ...parametersOf('query', query, schemas),
      ...(ifMatch ? [ifMatchParameter] : []),
    ],
    ...(body && {
      requestBody: {
        required: bodyOptional !== true,
        content: { 'application/json': { schema: schemaOf(body, 'input', schemas) } },
      },
    }),
    responses: {
      [route.answer.status]: answerOf(route.answer, schemas),
      ...(route.otherwise && { [route.otherwise.status]: answerOf(route.otherwise, schemas) }),
      ...problemsOf(route),
    },
  };
}

const ifMatchParameter: Parameter = {
  ...{ name: 'If-Match', in: 'header', required: false, schema: { type: 'string' } },
  description: 'The ETag of what was read: refused with 412 when it has changed since',
};

function parametersOf(
  where: Parameter['in'],
  schema: z.ZodType | undefined,
  schemas: Record<string, JsonSchema>,
): Parameter[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input', schemas) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...described }]) => ({
    name,
    in: where,
    required: required.includes(name),
    ...(typeof description === 'string' ? { description } : {}),
    ...(name === 'payload' ? { ...asParametersOfTheirOwn, schema: prefixed(described) } : { schema: described }),
  }));
}

/** Each member of the object is a parameter: `payload.user.id=123`. */
const asParametersOfTheirOwn = { style: 'form', explode: true } as const;

function prefixed({ additionalProperties }: JsonSchema): JsonSchema {
  return { type: 'object', propertyNames: { type: 'string', pattern: '^payload\\.' }, additionalProperties };
}

function answerOf(
  { says, schema, mediaTypes }: Answer,
  schemas: Record<string, JsonSchema>,
): Operation['responses'][string] {
  if (schema !== undefined) {
    return { description: says, content: { 'application/json': { schema: schemaOf(schema, 'output', schemas) } } };
  }
  if (mediaTypes === undefined) return { description: says };
  return {
    description: says,
    content: Object.fromEntries(mediaTypes.map((type) => [type, { schema: { type: 'string' } }])),
  };
}

function problemsOf({ problems = {}, params, query, body, ifMatch }: RouteDeclaration): Operation['responses'] {
  const byStatus: Record<string, string[]> = {
    ...everywhere,
    ...(params || query || body ? { 400: ['request_invalid'] } : {}),
    ...(ifMatch ? { 412: ['schedule_changed'] } : {}),
    ...(body ? { 413: ['body_too_large'], 415: ['media_type_unsupported'], 422: ['request_invalid'] } : {}),
  };
  for (const [status, codes] of Object.entries(problems)) byStatus[status] = [...(byStatus[status] ?? []), ...codes];
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, codes]) => [
      status,
      {
        description: `${STATUS_CODES[status] ?? 'Error'}: ${[...new Set(codes)].join(', ')}`,
        content: { [PROBLEM]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
}

/** Schemas that have a name are put among the components, and referred to. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', schemas: Record<string, JsonSchema>): JsonSchema {
  // As a member, a schema with a name is a reference like any other.
  const wrapped = z.toJSONSchema(z.object({ schema }), { io, unrepresentable: 'any' });
  const { $defs = {}, properties = {} } = JSON.parse(
    JSON.stringify(wrapped).replaceAll('"#/$defs/', '"#/components/schemas/'),
  ) as { $defs?: Record<string, JsonSchema>; properties?: Record<string, JsonSchema> };
  for (const [name, { id: _, ...described }] of Object.entries($defs)) schemas[name] ??= described;
  return properties.schema ?? {};
}

const problemSchema: JsonSchema = {
  type: 'object',
  description: 'RFC 9457',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'For people' },
    code: { type: 'string', description: 'For programs: it does not change' },
    field: { type: 'string', description: 'What is at fault, e.g. payload.to or jobs[3].options.delay' },
    hint: { type: 'string', description: 'The next step' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: { field: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};
