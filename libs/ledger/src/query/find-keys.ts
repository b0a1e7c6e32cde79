import type { Transaction } from '../store/database';
import { type Table, Values, madeWithin, matchCondition, placeCondition } from './conditions';
import type { Place } from './cursor';
import type { Wanted } from './wanted';

/** By what rows are sorted, and which way. */
export interface Order {
  column: 'created_at' | 'finished_at';
  newestFirst: boolean;
}

/** Where a row is: its place in the order, and for history the partition it is in. */
export interface Key extends Place {
  table: Table;
  shelf?: number;
  finishedAt?: number;
}

export interface Question {
  table: Table;
  wanted: Wanted;
  order: Order;
  after?: Place;
  /** How many keys at most. */
  most: number;
}

/** Rows looked at along the order at first; and when enough of them match to hope for more there. */
const FIRST_WALK = 1_000;
const SECOND_WALK = 20_000;
const HOPEFUL = 5;

/**
 * The keys of the first rows after a place that match, in order.
 *
 * No one plan is right for every filter: what many rows match is found at once along the order, what few match is found by
 * the terms and sorted; and PostgreSQL cannot know which it is, since filters depend on each other. So it is found out: by
 * how many of the next rows match. What is frequent far away alone costs most: all that match are sorted, as long as the
 * statement's time allows.
 */
export async function findKeys(tx: Transaction, question: Question): Promise<Key[]> {
  const first = await walk(tx, question, FIRST_WALK);
  if (!first.bound) return first.keys;
  if (first.keys.length < HOPEFUL) return select(tx, question);
  const rest = { ...question, after: first.bound, most: question.most - first.keys.length };
  const second = await walk(tx, rest, SECOND_WALK);
  return second.bound ? select(tx, question) : [...first.keys, ...second.keys];
}

interface Walked {
  keys: Key[];
  /** The last row that was looked at, when rows are left to be looked at and more keys are wanted. */
  bound?: Key;
}

/** Looks at the next rows along the order, whether they match or not. */
async function walk(tx: Transaction, question: Question, steps: number): Promise<Walked> {
  const { table, wanted, order, most } = question;
  const values = new Values();
  const [by, direction] = [`t.${order.column}`, order.newestFirst ? 'desc' : 'asc'];
  const where = [placeCondition(wanted, table, values), range(question, values, (column) => column)];
  const match = matchCondition(wanted, table, values);
  const { rows } = await tx.query<KeyRow & { matches: boolean; n: string }>(
    `select ${keyOf(table, order)}, t.matches, t.n from (
       select ${columnsOf(table)}, (${match}) is true as matches, row_number() over () as n
       from (select * from ${table} t where ${where.join(' and ')} order by ${by} ${direction}, t.id ${direction} limit ${steps}) t
     ) t where t.matches or t.n = ${steps} limit ${most + 1}`,
    values.list,
  );
  const keys = rows.filter(({ matches }) => matches).map((row) => toKey(row, table));
  const last = rows.at(-1);
  if (keys.length >= most || !last || Number(last.n) < steps) return { keys: keys.slice(0, most) };
  return { keys, bound: toKey(last, table) };
}

/** Asks the indexes of what is wanted, and sorts. */
async function select(tx: Transaction, question: Question): Promise<Key[]> {
  const { table, wanted, order, most } = question;
  const values = new Values();
  // Hidden from the indexes by time: it is the others that are asked here.
  const hidden = (column: string): string => `(${column} + interval '0')`;
  const where = [
    placeCondition(wanted, table, values),
    matchCondition(wanted, table, values),
    range(question, values, hidden),
  ];
  const direction = order.newestFirst ? 'desc' : 'asc';
  const sorting = `order by ${hidden(`t.${order.column}`)} ${direction}, t.id ${direction}`;
  const { rows } = await tx.query<KeyRow>(
    `select ${keyOf(table, order)} from (
       select ${columnsOf(table)} from ${table} t where ${where.join(' and ')} ${sorting} limit ${most}
     ) t ${sorting}`,
    values.list,
  );
  return rows.map((row) => toKey(row, table));
}

/** Newest or oldest first; by their ids those of one millisecond. */
export function sortKeys(keys: Key[], { newestFirst }: Order): Key[] {
  const upwards = (a: Key, b: Key): number => a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  return keys.sort(newestFirst ? (a, b) => upwards(b, a) : upwards);
}

function range({ wanted, order, after }: Question, values: Values, column: (name: string) => string): string {
  const bounds = ['true', ...madeWithin(wanted, values, column('t.created_at'))];
  if (after) {
    const sign = order.newestFirst ? '<' : '>';
    bounds.push(
      `(${column(`t.${order.column}`)}, t.id) ${sign} (${values.moment(after.at)}, ${values.add(after.id)}::uuid)`,
    );
  }
  return bounds.join(' and ');
}

interface KeyRow {
  id: string;
  at: number;
  shelf?: number;
  finished?: number;
}

/** Times are made numbers of those alone that are keys: for each of the many that are sorted it would cost the most. */
const columnsOf = (table: Table): string =>
  table === 'history' ? 't.id, t.created_at, t.shelf, t.finished_at' : 't.id, t.created_at';

function keyOf(table: Table, order: Order): string {
  const ofHistory =
    table === 'history' ? `, t.shelf, extract(epoch from t.finished_at)::float8 * 1000 as finished` : '';
  return `t.id, extract(epoch from t.${order.column})::float8 * 1000 as at${ofHistory}`;
}

function toKey({ id, at, shelf, finished }: KeyRow, table: Table): Key {
  return {
    table,
    id,
    at: Math.round(at),
    shelf,
    finishedAt: finished === undefined ? undefined : Math.round(finished),
  };
}
