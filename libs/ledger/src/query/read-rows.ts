import { type Columns, fromColumns } from '../record/columns';
import type { JobRow } from '../record/job-row';
import type { Transaction } from '../store/database';
import type { Key } from './find-keys';
import type { Around } from './state-of';

/** A row as it is read, with what tells its state. */
export interface ReadRow extends Around {
  job: JobRow;
  fingerprint?: string;
  /** Why it stands aside in the outbox. */
  parkedReason?: string;
  paused: boolean;
  inLedger: boolean;
}

const PLAIN = [
  ...['id', 'key', 'type', 'queue', 'priority', 'generation', 'state', 'attempt', 'delivery', 'max_attempts'],
  ...['progress', 'error', 'fingerprint', 'dead_reason', 'runs', 'tags', 'tenant', 'schedule', 'worker'],
];
const ONLY_IN_FULL = [
  ...[
    'timeout_ms',
    'payload',
    'version',
    'result',
    'correlation_id',
    'group_key',
    'flow',
    'traceparent',
    'origin',
    'keep_ms',
  ],
];
const TIMES = [
  'expires_at',
  'scheduled_for',
  'created_at',
  'due_at',
  'started_at',
  'finished_at',
  'cancel_requested_at',
];

/** `full`: with payload and result, which can be large. */
export function columns(full: boolean, also: readonly string[] = []): string {
  const plain = [...PLAIN, ...(full ? ONLY_IN_FULL : also)].map((name) => `t.${name}`);
  const times = TIMES.map((name) => `extract(epoch from t.${name})::float8 * 1000 as ${name}`);
  return [...plain, ...times].join(', ');
}

/** What stands around a row of `jobs`. */
export const AROUND_JOB = `
  extract(epoch from now())::float8 * 1000 as now, t.in_ledger,
  outbox.job_id is not null as outboxed, outbox.parked_reason, coalesce(workers.gone, false) as worker_gone,
  exists (select from control where key in ('pause:queue:' || t.queue, 'pause:type:' || t.type)) as paused`;
export const JOB_AND_AROUND = `jobs t
  left join workers on workers.name = t.worker
  left join lateral (select * from outbox where outbox.job_id = t.id order by outbox.generation desc limit 1) outbox on true`;

/** The rows of these keys, in their order. With payload where it is asked for. */
export async function readRows(tx: Transaction, keys: readonly Key[], also: readonly string[]): Promise<ReadRow[]> {
  const rows = new Map<string, ReadRow>();
  const open = keys.filter(({ table }) => table === 'jobs').map(({ id }) => id);
  const finished = keys.filter(({ table }) => table === 'history');
  const found = [
    ...(open.length === 0 ? [] : (await tx.query<Columns>(READ_JOBS(also), [open])).rows),
    ...(finished.length === 0 ? [] : (await tx.query<Columns>(READ_HISTORY(also), ofHistory(finished))).rows),
  ];
  for (const row of found) rows.set(row.id as string, toReadRow(row));
  return keys.flatMap(({ id }) => rows.get(id) ?? []);
}

const READ_JOBS = (also: readonly string[]): string =>
  `select ${columns(false, also)}, ${AROUND_JOB} from ${JOB_AND_AROUND} where t.id = any($1::uuid[])`;

/** Not by a join: of what is given as it is, whole partitions are left out before anything is planned for them. */
const READ_HISTORY = (also: readonly string[]): string =>
  `select ${columns(false, also)} from history t
   where t.id = any($1::uuid[]) and t.shelf = any($2::smallint[]) and t.finished_at = any($3::timestamptz[])`;

function ofHistory(keys: readonly Key[]): unknown[] {
  const ends = new Set(keys.map(({ finishedAt = 0 }) => new Date(finishedAt).toISOString()));
  return [keys.map(({ id }) => id), [...new Set(keys.map(({ shelf }) => shelf))], [...ends]];
}

export function toReadRow(row: Columns): ReadRow {
  return {
    job: fromColumns(row),
    fingerprint: (row.fingerprint as string | null) ?? undefined,
    now: typeof row.now === 'number' ? row.now : 0,
    outboxed: row.outboxed === true,
    workerGone: row.worker_gone === true,
    parkedReason: (row.parked_reason as string | null | undefined) ?? undefined,
    paused: row.paused === true,
    inLedger: row.in_ledger === true,
  };
}
