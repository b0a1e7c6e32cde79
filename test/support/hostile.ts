import fc from 'fast-check';
import type { JsonSchema, Operation } from '../../apps/producer/src/openapi/describe';

/** One request, made from what the description says and from what strangers send. */
export interface HostileRequest {
  path: string;
  /** The text of the body. */
  body: string | undefined;
}

const deep = (depth: number): unknown => {
  let value: unknown = 'bottom';
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { deeper: value };
  return value;
};

const hostileTexts = [
  ...[
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\ud800',
    '\u202e',
    '💣',
    '\r\n',
    '../../etc/passwd',
    '%00',
    '%',
    '{{7*7}}',
    '${7*7}',
  ],
  ...[`'; drop table jobs; --`, `' or '1'='1`, `1); delete from history; --`, `\\'; select pg_sleep(9); --`],
  ...['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', 'javascript:alert(1)'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'],
  ...['null', 'undefined', 'NaN', '-1', '1e999', '9'.repeat(40), '0x10', 'true', '[]', '{}'],
  ...['2030-13-45T99:99:99Z', '2030-01-01', '+275761-01-01T00:00:00Z', '-000001-01-01T00:00:00Z'],
  ...['90s', '-5m', '1000y', 'email', 'email.welcome', 'dead', 'jobs[0]'],
  ...[Buffer.from('["x",1,"y"]').toString('base64url'), Buffer.from('null').toString('base64url'), 'eyJ'.repeat(200)],
  ...['x'.repeat(129), 'x'.repeat(5_000), 'é'.repeat(300)],
];
const likelyTexts = ['email', 'email.welcome', 'email.welcome', 'email.welcome', '90s', '2030-01-01T00:00:00Z', 'ada'];
const hostileNumbers = [0, -0, -1, 1, 0.5, 1e308, -1e308, 2 ** 31, 2 ** 53, 2 ** 53 + 2, 1e21, 5e-324, 201];

const hostileText = fc.oneof(fc.constantFrom(...hostileTexts), fc.string({ maxLength: 40, unit: 'binary' }));
const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 40, arbitrary: hostileText },
  { weight: 20, arbitrary: fc.constantFrom<unknown>(...hostileNumbers) },
  { weight: 20, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [null], { length: -1 }) },
  { weight: 8, arbitrary: fc.constantFrom<unknown>(deep(50), deep(3_000)) },
  { weight: 1, arbitrary: fc.constant('x'.repeat(1_100_000)) },
  { weight: 10, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

/** Payloads that a type of ours takes, with anything in them. */
const hostileWelcome = fc.record({
  to: fc.constant('ada@example.org'),
  name: fc.oneof(fc.constant('Ada'), hostileText),
  more: hostileValue,
});

/** What fits the schema, save that anything in it may be hostile. */
function valueOf(schema: JsonSchema, defs: Record<string, JsonSchema>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 14, arbitrary: fitting(schema, defs) }, { weight: 1, arbitrary: hostileValue });
}

function fitting(schema: JsonSchema, defs: Record<string, JsonSchema>): fc.Arbitrary<unknown> {
  const { $ref, type, properties, items, anyOf, oneOf } = schema;
  if (typeof $ref === 'string') return fitting(defs[$ref.split('/').at(-1) ?? ''] ?? {}, defs);
  if (schema.enum) return fc.constantFrom(...(schema.enum as unknown[]));
  if (schema.const !== undefined) return fc.constant(schema.const);
  const choices = (anyOf ?? oneOf) as JsonSchema[] | undefined;
  if (choices) return fc.oneof(...choices.map((choice) => fitting(choice, defs)));
  switch (type) {
    case 'object':
      return objectOf((properties ?? {}) as Record<string, JsonSchema>, schema, defs);
    case 'array':
      return fc.array(valueOf((items ?? {}) as JsonSchema, defs), { maxLength: 3 });
    case 'integer':
      return fc.integer({ min: 0, max: 300 });
    case 'number':
      return fc.oneof(fc.integer({ min: -5, max: 1_000 }), fc.double());
    case 'boolean':
      return fc.boolean();
    case 'string':
      return fc.oneof({ weight: 1, arbitrary: hostileText }, { weight: 2, arbitrary: fc.constantFrom(...likelyTexts) });
    case 'null':
      return fc.constant(null);
    default:
      return fc.oneof({ weight: 5, arbitrary: hostileWelcome }, { weight: 1, arbitrary: hostileValue });
  }
}

function objectOf(
  properties: Record<string, JsonSchema>,
  { required = [], additionalProperties }: JsonSchema,
  defs: Record<string, JsonSchema>,
): fc.Arbitrary<unknown> {
  const known = Object.entries(properties).map(([name, schema]) => {
    const value = valueOf(schema, defs).map((given): [string, unknown] => [name, given]);
    const isRequired = (required as string[]).includes(name);
    return isRequired
      ? fc.option(value, { nil: undefined, freq: 20 })
      : fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
  });
  const others = fc.array(fc.tuple(hostileText, hostileValue), { maxLength: additionalProperties ? 3 : 1 });
  return fc
    .tuple(fc.tuple(...known), fc.oneof({ weight: 8, arbitrary: fc.constant([]) }, { weight: 2, arbitrary: others }))
    .map(([members, more]) => Object.fromEntries([...members.filter((member) => member !== undefined), ...more]));
}

/** `count` requests to one operation, always the same for one seed. */
export function hostileRequests(
  path: string,
  { parameters, requestBody }: Operation,
  defs: Record<string, JsonSchema>,
  { count, seed }: { count: number; seed: number },
): HostileRequest[] {
  const [inPath, inQuery] = ['path', 'query'].map((place) => parameters.filter((parameter) => parameter.in === place));
  const text = (schema: JsonSchema) => fc.oneof(fitting(schema, defs).map(asText), hostileText);
  const segments = fc.tuple(...(inPath ?? []).map(() => hostileText.map((given) => Buffer.from(given).toString())));
  const query = fc.tuple(
    ...(inQuery ?? []).map(({ name, schema }) =>
      fc.option(
        fc.array(
          text(schema).map((given): [string, string] => [name, given]),
          { minLength: 1, maxLength: 2 },
        ),
        {
          nil: [],
          freq: 1,
        },
      ),
    ),
    fc.option(
      fc.array(
        fc.tuple(
          hostileText.map((name) => `payload.${name}`),
          hostileText,
        ),
        { maxLength: 3 },
      ),
      { nil: [], freq: 1 },
    ),
  );
  const content = requestBody?.content['application/json']?.schema;
  const body = content
    ? fc.oneof(
        { weight: 12, arbitrary: valueOf(content, defs).map((given) => JSON.stringify(given)) },
        {
          weight: 1,
          arbitrary: fc.constantFrom(undefined, '', '{', '[1,]', '{"a":1}x', '"', '\u0000', '{"__proto__":{}}'),
        },
      )
    : fc.constant(undefined);
  const request = fc.tuple(segments, query, body).map(([given, pairs, sent]): HostileRequest => {
    const filled = given.reduce((url, segment) => url.replace(/\{\w+\}/, encodeURIComponent(segment)), path);
    const search = new URLSearchParams(pairs.flat()).toString();
    return { path: search === '' ? filled : `${filled}?${search}`, body: sent };
  });
  return fc.sample(request, { numRuns: count, seed });
}

function asText(given: unknown): string {
  return typeof given === 'string' ? given : JSON.stringify(given);
}
