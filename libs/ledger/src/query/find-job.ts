import { identify, idTimeMs } from '@scutwork/jobs/wire';
import type { LogView, Page, PageRequest } from '../api';
import type { Columns } from '../record/columns';
import type { Transaction } from '../store/database';
import { LedgerError } from '../store/ledger-error';
import { Values } from './conditions';
import { readCursor, writeCursor } from './cursor';
import { pageSize } from './page-size';
import { AROUND_JOB, JOB_AND_AROUND, type ReadRow, columns, toReadRow } from './read-rows';
import { shown } from './views';

const FIND_OPEN = `select ${columns(true)}, ${AROUND_JOB} from ${JOB_AND_AROUND} where t.id = $1`;
const FIND_FINISHED = `select ${columns(true)} from history t where t.id = $1
  and t.finished_at >= to_timestamp($2::float8 / 1000) and t.finished_at < to_timestamp($3::float8 / 1000)`;

/** Clocks differ: a job may have ended before its id was made. */
const CLOCK_SKEW_MS = 24 * 3_600_000;
const END_OF_TIME = Date.UTC(9999, 0);

/** By its id or its custom id. @throws LedgerError `job_not_found` */
export async function findJob(tx: Transaction, given: string): Promise<ReadRow> {
  const id = idOf(given);
  const open = (await tx.query<Columns>(FIND_OPEN, [id])).rows[0];
  if (open) return toReadRow(open);
  for (const days of placesOf(id)) {
    const finished = (await tx.query<Columns>(FIND_FINISHED, [id, ...days])).rows[0];
    if (finished) return toReadRow(finished);
  }
  throw notFound(given);
}

/** Of most jobs the id says when they were made, and they ended soon after: few days are looked at first, then all. */
function placesOf(id: string): [from: number, before: number][] {
  const all: [number, number] = [0, END_OF_TIME];
  const made = idTimeMs(id);
  return made === undefined ? [all] : [[made - CLOCK_SKEW_MS, made + CLOCK_SKEW_MS], all];
}

/** The id behind an id or a custom id. */
export function idOf(given: string): string {
  if (typeof given !== 'string' || given === '') throw notFound(given);
  return identify(given).id;
}

export function notFound(given: string): LedgerError {
  return new LedgerError('job_not_found', `There is no job ${JSON.stringify(given.slice(0, 200))}.`, {
    hint: 'It may have been removed by retention, or it was never recorded.',
  });
}

interface LogRow {
  seq: string;
  attempt: number;
  at: number;
  level: string;
  message: string;
  fields: string | null;
}

/** Oldest first. @throws LedgerError `cursor_invalid`, `job_not_found` */
export async function listLogs(tx: Transaction, given: string, { limit, cursor }: PageRequest): Promise<Page<LogView>> {
  const most = pageSize(limit);
  const id = idOf(given);
  const after = readCursor(cursor, id, (seq) => seq.length <= 100);
  const { job } = await findJob(tx, given);
  const values = new Values();
  const where = [`job_id = ${values.add(id)}`, `at >= ${values.moment(job.createdAt - CLOCK_SKEW_MS)}`];
  if (after) where.push(`(at, seq) > (${values.moment(after.at)}, ${values.add(after.id)})`);
  const { rows } = await tx.query<LogRow>(
    `select seq, attempt, extract(epoch from at)::float8 * 1000 as at, level, message, fields
     from logs where ${where.join(' and ')} order by at, seq limit ${most + 1}`,
    values.list,
  );
  const page = rows.slice(0, most);
  const last = rows.length > most ? page.at(-1) : undefined;
  return { items: page.map(toLog), cursor: last && writeCursor({ at: Math.round(last.at), id: last.seq }, id) };
}

function toLog({ at, attempt, level, message, fields }: LogRow): LogView {
  return { at: new Date(Math.round(at)).toISOString(), attempt, level, message, fields: shown(fields ?? undefined) };
}
