import { PRIORITIES } from '@scutwork/jobs';
import { isFinalState } from '@scutwork/jobs/wire';
import { SHELF } from '../record/shelf';
import { FAILED, payloadTerm, term } from '../record/terms';
import { stateCondition } from './state-of';
import type { TextFilter, Wanted } from './wanted';

/** Values of a statement, in the order of their numbers. */
export class Values {
  readonly list: unknown[] = [];

  /** Its place in the statement: `$3`. */
  add(value: unknown): string {
    return `$${this.list.push(value)}`;
  }

  /** A moment given in milliseconds since 1970. */
  moment(ms: number): string {
    return `to_timestamp(${this.add(ms)}::float8 / 1000)::timestamptz(3)`;
  }
}

export type Table = 'jobs' | 'history';

const COLUMN: Record<TextFilter, [column: string, term: string]> = {
  queue: ['queue', 'queue'],
  type: ['type', 'type'],
  tenant: ['tenant', 'tenant'],
  schedule: ['schedule', 'schedule'],
  worker: ['worker', 'worker'],
  fingerprint: ['fingerprint', 'fingerprint'],
  correlationId: ['correlation_id', 'correlation'],
};

/** In which tables what is wanted can be. */
export function tablesOf({ state }: Wanted): Table[] {
  if (state === undefined) return ['jobs', 'history'];
  return isFinalState(state) ? ['history'] : ['jobs'];
}

/**
 * What a row `t` must be, but for its times: the terms for the index, and each filter once more on its column, for two
 * texts can have one hash. Fields of the payload are checked on the parsed payload, by whoever reads the row.
 */
export function matchCondition(wanted: Wanted, table: Table, values: Values): string {
  const [terms, checks]: [number[], string[]] = [[], []];
  for (const [name, text] of Object.entries(wanted.texts)) {
    const [column, termName] = COLUMN[name as TextFilter];
    terms.push(term(termName, text));
    checks.push(`t.${column} = ${values.add(text)}`);
  }
  if (wanted.priority !== undefined) {
    terms.push(term('priority', wanted.priority));
    checks.push(`t.priority = ${values.add(PRIORITIES.indexOf(wanted.priority))}`);
  }
  if (wanted.tag !== undefined) {
    terms.push(term('tag', wanted.tag));
    checks.push(`${values.add(wanted.tag)} = any(t.tags)`);
  }
  for (const [path, value] of wanted.payload) terms.push(payloadTerm(path, value));
  if (wanted.state !== undefined) checks.push(stateCondition(wanted.state));
  if (wanted.error !== undefined) {
    // Of history the texts have an index of their own; of the unfinished few have an error.
    if (table === 'jobs') terms.push(FAILED);
    checks.push(`t.error_text ilike ${values.add(`%${wanted.error.replace(/[\\%_]/g, '\\$&')}%`)}`);
  }
  if (terms.length > 0) checks.unshift(`t.terms @> ${values.add(terms)}::int[]`);
  return checks.length === 0 ? 'true' : checks.join(' and ');
}

/** All that a row `t` must be, its times included: for who asks without an order. Fields of the payload are not. */
export function wholeCondition(wanted: Wanted, table: Table, values: Values): string {
  const where = [placeCondition(wanted, table, values), matchCondition(wanted, table, values)];
  return [...where, ...madeWithin(wanted, values, 't.created_at')].join(' and ');
}

/** When a row that is wanted was made, by `column`. */
export function madeWithin({ from, to }: Wanted, values: Values, column: string): string[] {
  const bounds = [];
  if (from !== undefined) bounds.push(`${column} >= ${values.moment(from)}`);
  if (to !== undefined) bounds.push(`${column} <= ${values.moment(to)}`);
  return bounds;
}

/** Where rows of history that are wanted can be: whole partitions are left out by this. */
export function placeCondition(wanted: Wanted, table: Table, values: Values): string {
  if (table === 'jobs') return 'true';
  const places = [];
  if (wanted.from !== undefined) places.push(`t.finished_at >= ${values.moment(wanted.from)}`);
  if (wanted.state === 'completed') places.push(`t.shelf in (${SHELF.completed}, ${SHELF.own})`);
  // What was completed has no error.
  const isGivenUp = wanted.state !== undefined && wanted.state !== 'completed';
  const hasError = wanted.error !== undefined || wanted.texts.fingerprint !== undefined;
  if (isGivenUp || hasError) places.push(`t.shelf in (${SHELF.givenUp}, ${SHELF.own})`);
  return places.length === 0 ? 'true' : places.join(' and ');
}
