import { finished, pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { from as copyFrom } from 'pg-copy-streams';
import type { Transaction } from '../store/database';
import { COLUMNS, derive } from './columns';
import type { JobRow } from './job-row';
import type { Secrets } from './secrets';

/** A row, with the column that its table has beside the shared ones: `in_ledger` of `jobs`, `shelf` of `history`. */
export interface NewRow {
  job: JobRow;
  own: boolean | number;
  /** What {@link lineOf} makes of it, where that is made already. */
  line?: string;
}

const NAMES = COLUMNS.map(({ name }) => name).join(', ');
const OWN = { jobs: 'in_ledger', history: 'shelf' };

/** Rows are written as they are sent: PostgreSQL takes one part while the next is being made. */
const ROWS_A_PART = 500;

/**
 * Puts rows that are known to be new into their table by COPY: of all ways into PostgreSQL the cheapest, a third of an
 * insert from JSON (docs/explanation/performance.md).
 */
export async function copyRows(
  tx: Transaction,
  table: keyof typeof OWN,
  rows: readonly NewRow[],
  secrets: Secrets,
): Promise<void> {
  if (rows.length === 0) return;
  const target = tx.query(copyFrom(`copy ${table} (${NAMES}, ${OWN[table]}) from stdin`));
  function* parts(): Generator<Buffer> {
    for (let at = 0; at < rows.length; at += ROWS_A_PART) {
      const part = rows.slice(at, at + ROWS_A_PART);
      yield Buffer.from(part.map((row) => row.line ?? lineOf(row, secrets)).join(''));
    }
  }
  if (rows.length > ROWS_A_PART) return pipeline(Readable.from(parts()), target);
  // A stream of one part costs as much as its rows.
  for (const part of parts()) target.end(part);
  await finished(target);
}

/** COPY's text format: tabs between fields, `\N` for null, a backslash before what would be read otherwise. */
export function lineOf({ job, own }: NewRow, secrets: Secrets): string {
  const derived = derive(job, secrets);
  let at = 0;
  for (const { kind, of } of COLUMNS) fields[at++] = fieldOf(of(job, derived), kind);
  fields[COLUMNS.length] = String(own);
  return `${fields.join('\t')}\n`;
}

/** Of the line that is being made: joining them costs two thirds of adding one to the other. */
const fields: string[] = [];

function fieldOf(value: unknown, kind: (typeof COLUMNS)[number]['kind']): string {
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
