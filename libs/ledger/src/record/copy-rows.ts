import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { from as copyFrom } from 'pg-copy-streams';
import type { Transaction } from '../store/database';
import type { Columns } from './columns';

type Kind = 'plain' | 'text' | 'moment' | 'texts' | 'numbers';

/** How each column is written; in the order in which it is sent. */
const KINDS: Readonly<Record<string, Kind>> = {
  id: 'plain',
  key: 'text',
  type: 'plain',
  queue: 'plain',
  priority: 'plain',
  generation: 'plain',
  base_generation: 'plain',
  state: 'plain',
  state_generation: 'plain',
  state_at: 'moment',
  state_step: 'plain',
  attempt: 'plain',
  delivery: 'plain',
  max_attempts: 'plain',
  timeout_ms: 'plain',
  backoff: 'text',
  expires_at: 'moment',
  payload: 'text',
  result: 'text',
  progress: 'text',
  progress_place: 'plain',
  error: 'text',
  error_text: 'text',
  fingerprint: 'plain',
  dead_reason: 'plain',
  runs: 'text',
  tags: 'texts',
  tenant: 'text',
  correlation_id: 'text',
  group_key: 'text',
  schedule: 'text',
  scheduled_for: 'moment',
  flow: 'text',
  traceparent: 'text',
  worker: 'text',
  origin: 'plain',
  created_at: 'moment',
  submitted_at: 'moment',
  due_at: 'moment',
  started_at: 'moment',
  finished_at: 'moment',
  cancel_requested_at: 'moment',
  keep_ms: 'plain',
  unique_key: 'text',
  terms: 'numbers',
};

const OF_JOBS = Object.entries(KINDS);
const OF_HISTORY = [...OF_JOBS, ['shelf', 'plain'] as [string, Kind]];

/** Rows are written as they are sent: PostgreSQL takes one part while the next is being made. */
const ROWS_A_PART = 500;

/**
 * Puts rows that are known to be new into their table by COPY: of all ways into PostgreSQL the cheapest, a third of an
 * insert from JSON (docs/explanation/performance.md).
 */
export async function copyRows<T>(
  tx: Transaction,
  table: 'jobs' | 'history',
  rows: readonly T[],
  columnsOf: (row: T) => Columns,
): Promise<void> {
  if (rows.length === 0) return;
  const columns = table === 'jobs' ? OF_JOBS : OF_HISTORY;
  const names = columns.map(([name]) => name).join(', ');
  const target = tx.query(copyFrom(`copy ${table} (${names}) from stdin`));
  function* parts(): Generator<Buffer> {
    for (let at = 0; at < rows.length; at += ROWS_A_PART) {
      const part = rows.slice(at, at + ROWS_A_PART);
      yield Buffer.from(part.map((row) => lineOf(columnsOf(row), columns)).join(''));
    }
  }
  await pipeline(Readable.from(parts()), target);
}

/** COPY's text format: tabs between fields, `\N` for null, a backslash before what would be read otherwise. */
function lineOf(row: Columns, columns: readonly (readonly [string, Kind])[]): string {
  let line = '';
  for (const [name, kind] of columns) line += `${fieldOf(row[name], kind)}\t`;
  return `${line.slice(0, -1)}\n`;
}

function fieldOf(value: unknown, kind: Kind): string {
  if (value === undefined || value === null) return '\\N';
  switch (kind) {
    case 'plain':
      return (value as string | number).toString();
    case 'text':
      return escaped(value as string);
    case 'moment':
      return momentOf(value as number);
    case 'texts':
      return escaped(`{${(value as string[]).map(quoted).join(',')}}`);
    case 'numbers':
      return `{${(value as number[]).join(',')}}`;
  }
}

const escaped = (text: string): string => (/[\\\t\n\r]/.test(text) ? text.replace(/[\\\t\n\r]/g, escapeOf) : text);
const escapeOf = (char: string): string => ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' })[char] ?? char;
const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

const moments = new Map<number, string>();

/** Many facts share their millisecond. @throws RangeError for what is no time */
function momentOf(ms: number): string {
  const known = moments.get(ms);
  if (known !== undefined) return known;
  // ISO 8601 has a sign before years of six digits, PostgreSQL has none.
  const text = new Date(ms).toISOString().replace('+', '');
  if (moments.size >= 5_000) moments.clear();
  moments.set(ms, text);
  return text;
}
