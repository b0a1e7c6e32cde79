import { Readable } from 'node:stream';
import type { JobView } from '../api';

export const EXPORT_FORMATS = ['csv', 'json', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** For the header of the same name. */
export const EXPORT_CONTENT_TYPE: Record<ExportFormat, string> = {
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
};

/**
 * Jobs as a stream of bytes, made while it is read: however many they are, one batch is in memory. It is destroyed with
 * the error when reading them fails.
 *
 * @example
 * await pipeline(exportJobs(ledger.history({ queue: 'email' }), 'csv'), createWriteStream('jobs.csv'));
 */
export function exportJobs(batches: AsyncIterable<JobView[]>, format: ExportFormat): Readable {
  return Readable.from(chunks(batches, format), { objectMode: false });
}

function chunks(batches: AsyncIterable<JobView[]>, format: ExportFormat): AsyncGenerator<Buffer> {
  switch (format) {
    case 'csv':
      return csv(batches);
    case 'json':
      return json(batches);
    case 'ndjson':
      return ndjson(batches);
  }
}

async function* ndjson(batches: AsyncIterable<JobView[]>): AsyncGenerator<Buffer> {
  for await (const jobs of batches) yield Buffer.from(jobs.map((job) => `${JSON.stringify(job)}\n`).join(''));
}

async function* json(batches: AsyncIterable<JobView[]>): AsyncGenerator<Buffer> {
  let before = '[\n';
  for await (const jobs of batches) {
    yield Buffer.from(before + jobs.map((job) => JSON.stringify(job)).join(',\n'));
    before = ',\n';
  }
  yield Buffer.from(before === ',\n' ? '\n]\n' : '[]\n');
}

async function* csv(batches: AsyncIterable<JobView[]>): AsyncGenerator<Buffer> {
  yield Buffer.from(line(Object.keys(CSV)));
  for await (const jobs of batches) yield Buffer.from(jobs.map(toLine).join(''));
}

const CSV: Record<string, (job: JobView) => unknown> = {
  id: (job) => job.id,
  key: (job) => job.key,
  type: (job) => job.type,
  queue: (job) => job.queue,
  state: (job) => job.state,
  priority: (job) => job.priority,
  attempt: (job) => job.attempt,
  maxAttempts: (job) => job.maxAttempts,
  createdAt: (job) => job.createdAt,
  startedAt: (job) => job.startedAt,
  finishedAt: (job) => job.finishedAt,
  waitedMs: (job) => job.waitedMs,
  ranMs: (job) => job.ranMs,
  worker: (job) => job.worker,
  tenant: (job) => job.tenant,
  tags: (job) => job.tags.join(','),
  schedule: (job) => job.schedule,
  correlationId: (job) => job.correlationId,
  deadReason: (job) => job.deadReason,
  errorName: (job) => job.error?.name,
  errorMessage: (job) => job.error?.message,
  payload: (job) => job.payload,
  result: (job) => job.result,
};

function toLine(job: JobView): string {
  return line(Object.values(CSV).map((of) => of(job)));
}

/** RFC 4180: lines end with CR LF, quotes are doubled. */
function line(cells: unknown[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

function cell(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // A spreadsheet would take it for a formula, and run it.
  const harmless = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
