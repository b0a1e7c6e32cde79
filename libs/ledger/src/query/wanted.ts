import { createHash } from 'node:crypto';
import { JOB_STATES, type JobState, PRIORITIES, type Priority } from '@scutwork/jobs';
import { isPriority } from '@scutwork/jobs/wire';
import type { JobFilter } from '../api';
import { MOST_DEPTH, MOST_VALUE_CHARS, type Scalar } from '../record/terms';
import { LedgerError } from '../store/ledger-error';

/** A filter that has been checked. */
export interface Wanted {
  /** Columns that must hold these texts. */
  texts: Partial<Record<TextFilter, string>>;
  state?: JobState;
  priority?: Priority;
  tag?: string;
  error?: string;
  /** Milliseconds since 1970. */
  from?: number;
  to?: number;
  payload: [path: string, value: Scalar][];
}

const TEXTS = ['queue', 'type', 'tenant', 'schedule', 'worker', 'fingerprint', 'correlationId'] as const;
export type TextFilter = (typeof TEXTS)[number];

const NAMES: Record<string, true> = Object.fromEntries(
  [...TEXTS, 'state', 'priority', 'tag', 'from', 'to', 'error', 'payload'].map((name) => [name, true]),
);
const ALSO_CALLED: Record<string, JobState> = { failed: 'dead', pending: 'waiting', running: 'active' };
const LONGEST_TEXT = 200;
const SHORTEST_ERROR = 3;
const MOST_PAYLOAD_FIELDS = 10;

/** @throws LedgerError `filter_invalid`, with the field at fault */
export function resolveFilter(filter: JobFilter = {}): Wanted {
  const unknown = Object.keys(filter).find((name) => !Object.hasOwn(NAMES, name));
  if (unknown !== undefined)
    throw invalid(unknown, 'there is no such filter', `There are ${Object.keys(NAMES).join(', ')}.`);
  const texts: Wanted['texts'] = {};
  for (const name of TEXTS) {
    const text = checkText(name, filter[name]);
    if (text !== undefined) texts[name] = text;
  }
  const [from, to] = [checkTime('from', filter.from), checkTime('to', filter.to)];
  if (from !== undefined && to !== undefined && from > to)
    throw invalid('from', 'it is later than `to`', 'Swap the two.');
  return {
    texts,
    state: checkState(filter.state),
    priority: checkPriority(filter.priority),
    tag: checkText('tag', filter.tag),
    error: checkError(filter.error),
    from,
    to,
    payload: checkPayload(filter.payload),
  };
}

/** Alike for filters that want the same. */
export function hashOf(wanted: Wanted, ...more: string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([wanted, more]))
    .digest('base64url')
    .slice(0, 10);
}

function checkText(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_TEXT && !value.includes('\u0000'))
    return value;
  throw invalid(name, 'it is no text that could be found', `A text of 1 to ${LONGEST_TEXT} characters.`);
}

function checkState(value: unknown): JobState | undefined {
  if (value === undefined) return undefined;
  const state = typeof value === 'string' && Object.hasOwn(ALSO_CALLED, value) ? ALSO_CALLED[value] : value;
  const known = JOB_STATES.find((name) => name === state);
  if (known) return known;
  throw invalid('state', 'there is no such state', `There are ${JOB_STATES.join(', ')}.`);
}

function checkPriority(value: unknown): Priority | undefined {
  if (value === undefined || isPriority(value)) return value;
  throw invalid('priority', 'there is no such priority', `There are ${PRIORITIES.join(', ')}.`);
}

function checkError(value: unknown): string | undefined {
  const text = checkText('error', value);
  if (text === undefined || text.trim().length >= SHORTEST_ERROR) return text;
  throw invalid('error', 'it is too short to be looked for', `${SHORTEST_ERROR} characters or more.`);
}

const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

function checkTime(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const at = typeof value === 'string' && ISO.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isFinite(at)) return at;
  throw invalid(name, 'it is not a moment', 'ISO 8601 with a zone, e.g. "2030-01-31T12:00:00Z", or a day in UTC.');
}

function checkPayload(value: unknown): Wanted['payload'] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('payload', 'it is no object', 'Paths and values, e.g. {"user.id": 123}.');
  }
  const fields = Object.entries(value);
  if (fields.length > MOST_PAYLOAD_FIELDS) {
    throw invalid('payload', `it has ${fields.length} fields`, `At most ${MOST_PAYLOAD_FIELDS}.`);
  }
  return fields.map(([path, wanted]) => [checkPath(path), checkScalar(path, wanted)]);
}

function checkPath(path: string): string {
  const names = path.split('.');
  if (path.length <= LONGEST_TEXT && names.length <= MOST_DEPTH && !names.includes('')) return path;
  throw invalid(`payload.${path}`, 'it is no path that could be found', `At most ${MOST_DEPTH} names, joined by dots.`);
}

function checkScalar(path: string, value: unknown): Scalar {
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return value as Scalar;
  if (typeof value === 'string' && value.length <= MOST_VALUE_CHARS) return value;
  throw invalid(
    `payload.${path}`,
    'it is no value that could be found',
    `A number, true, false, null, or a text of at most ${MOST_VALUE_CHARS} characters.`,
  );
}

function invalid(field: string, fault: string, hint: string): LedgerError {
  return new LedgerError('filter_invalid', `The filter \`${field.slice(0, LONGEST_TEXT)}\` cannot be used: ${fault}.`, {
    field: field.slice(0, LONGEST_TEXT),
    hint,
  });
}
