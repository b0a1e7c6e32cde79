import { JOB_STATES, type JobState, PRIORITIES } from '@scutwork/jobs';
import { EXPORT_FORMATS, type JobFilter } from '@scutwork/ledger';
import { z } from 'zod';
import { isKept, jobType, keptError, moment, page, queueName, shortText } from './texts';

const MOST_PAYLOAD_FIELDS = 10;

const fields = {
  queue: queueName.optional(),
  type: jobType.optional(),
  state: z
    .enum([...JOB_STATES, 'failed', 'pending', 'running'])
    .optional()
    .describe('`failed`, `pending`, `running` stand for `dead`, `waiting`, `active`'),
  priority: z.enum(PRIORITIES).optional(),
  tag: shortText(64).optional(),
  tenant: shortText(128).optional(),
  schedule: shortText(128).optional(),
  worker: shortText(256).optional().describe('Name of the worker that runs it, or ran it last'),
  fingerprint: shortText(128)
    .optional()
    .describe('Alike for errors that differ in numbers, ids and quoted texts alone'),
  correlationId: shortText(128).optional(),
  from: moment.optional().describe('Created then or later'),
  to: moment.optional().describe('Created before then'),
  error: z
    .string()
    .min(3)
    .max(500)
    .refine(isKept, keptError)
    .optional()
    .describe('Part of the name or message of the error, 3 characters or more'),
};

const scalar = z.union([z.string().max(1_000).refine(isKept, keptError), z.number(), z.boolean(), z.null()], {
  error: 'must be a text, a number, true, false or null',
});

const fewFields = (given: object): boolean => Object.keys(given).length <= MOST_PAYLOAD_FIELDS;
const tooMany = { error: `names more than ${MOST_PAYLOAD_FIELDS} fields` };

/** A filter in a body: every member given must hold. */
export const jobFilter = z
  .strictObject({
    ...fields,
    payload: z
      .record(shortText(200), scalar)
      .refine(fewFields, tooMany)
      .optional()
      .describe('Fields of the payload by path: `{"user.id": 123}`'),
  })
  .meta({ id: 'JobFilter' }) satisfies z.ZodType<JobFilter>;

/** `123`, `true`, `null` and `"123"` are what they are in JSON; anything else is a text. */
function scalarOf(text: string): string | number | boolean | null {
  if (!/^(".*"|-?\d+(\.\d+)?([eE][+-]?\d+)?|true|false|null)$/s.test(text)) return text;
  try {
    return JSON.parse(text) as string | number | boolean | null;
  } catch {
    // For example 007: a text of digits that is no number in JSON.
    return text;
  }
}

/** The filter in the query of a URL; `payload.user.id=123` arrives as `payload: {"user.id": "123"}`. */
const filterInQuery = {
  ...fields,
  payload: z
    .record(shortText(200), z.string().max(1_000).transform(scalarOf))
    .refine(fewFields, tooMany)
    .optional()
    .describe('Fields of the payload by path: `payload.user.id=123`. In quotes, `"123"` is a text'),
};

export const jobQuery = z.strictObject({
  ...filterInQuery,
  ...page,
  sort: z.enum(['-created', 'created', '-finished', 'finished']).optional().describe('`-created` by default'),
});

/** Counting looks at no payloads. */
const { payload: _payload, ...countable } = filterInQuery;
export const countQuery = z.strictObject(countable);

export const pageQuery = z.strictObject(page);

const { state: _, ...deadFilter } = filterInQuery;

/** Dead letters have one state. */
export const deadQuery = jobQuery.omit({ state: true });
export const deadGroupsQuery = z.strictObject(deadFilter);

export const historyQuery = z.strictObject({
  ...filterInQuery,
  format: z.enum(EXPORT_FORMATS).optional().describe('`ndjson` by default'),
});

/** Of which time the metrics are wanted, and how finely. */
export const metricsQuery = z.strictObject({
  queue: queueName.optional().describe('Of one queue; else of all together'),
  from: moment.optional().describe('An hour before `to` by default'),
  to: moment.optional().describe('Now by default'),
  step: shortText(20).optional().describe('Whole minutes, such as "5m", "1h" or "1d"; a minute by default'),
});

/** What of the live events is wanted. */
export const eventsQuery = z.strictObject({
  queue: fields.queue,
  type: fields.type,
  state: fields.state,
  id: shortText(128).optional().describe('Of one job alone'),
  after: shortText(40)
    .optional()
    .describe('The last id that was seen, where the header `Last-Event-ID` cannot be sent'),
});

export type EventsQuery = z.infer<typeof eventsQuery>;

const alsoCalled = { failed: 'dead', pending: 'waiting', running: 'active' } as const;

/** The state that a name stands for. */
export function stateOf(name: NonNullable<JobFilter['state']>): JobState {
  return name in alsoCalled ? alsoCalled[name as keyof typeof alsoCalled] : (name as JobState);
}
