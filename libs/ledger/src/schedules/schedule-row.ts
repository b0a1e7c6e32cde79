import type { ScheduleEntry, Timing } from '@scutwork/jobs/wire';
import type { SubmitOptions } from '../api';

/** What happens when a moment comes while a job of the schedule is not finished. */
export const OVERLAPS = ['allow', 'skip', 'queue', 'cancel-running'] as const;
export type Overlap = (typeof OVERLAPS)[number];

/** What becomes of moments that nobody told in time. */
export const CATCH_UPS = ['skip', 'once', 'all'] as const;
export type CatchUp = (typeof CATCH_UPS)[number];

/** A schedule as the ledger holds it. Times are milliseconds since 1970. */
export interface ScheduleRow extends Timing {
  name: string;
  type: string;
  payload: string;
  options: SubmitOptions;
  runLimit?: number;
  overlap: Overlap;
  catchUp: CatchUp;
  catchUpLimit: number;
  graceMs: number;
  enabled: boolean;
  source: 'code' | 'api';
  declared?: string;
  revision: number;
  watermark: number;
  nextAt?: number;
  runCount: number;
  missedCount: number;
  skippedCount: number;
  failedCount: number;
  lastRunAt?: number;
  lastJobId?: string;
  tickedAt?: number;
  tickedBy?: string;
  tickedLateMs?: number;
  lastMissedAt?: number;
  createdAt: number;
  createdBy: string;
  updatedAt: number;
  updatedBy: string;
  deletedAt?: number;
}

/** Members and their columns. */
const COLUMNS: Record<keyof ScheduleRow, [column: string, kind: 'plain' | 'number' | 'moment']> = {
  name: ['name', 'plain'],
  type: ['type', 'plain'],
  payload: ['payload', 'plain'],
  options: ['options', 'plain'],
  cron: ['cron', 'plain'],
  timeZone: ['time_zone', 'plain'],
  everyMs: ['every_ms', 'number'],
  anchor: ['anchor', 'moment'],
  startAt: ['start_at', 'moment'],
  endAt: ['end_at', 'moment'],
  runLimit: ['run_limit', 'number'],
  overlap: ['overlap', 'plain'],
  catchUp: ['catch_up', 'plain'],
  catchUpLimit: ['catch_up_limit', 'number'],
  graceMs: ['grace_ms', 'number'],
  enabled: ['enabled', 'plain'],
  source: ['source', 'plain'],
  declared: ['declared', 'plain'],
  revision: ['revision', 'number'],
  watermark: ['watermark', 'moment'],
  nextAt: ['next_at', 'moment'],
  runCount: ['run_count', 'number'],
  missedCount: ['missed_count', 'number'],
  skippedCount: ['skipped_count', 'number'],
  failedCount: ['failed_count', 'number'],
  lastRunAt: ['last_run_at', 'moment'],
  lastJobId: ['last_job_id', 'plain'],
  tickedAt: ['ticked_at', 'moment'],
  tickedBy: ['ticked_by', 'plain'],
  tickedLateMs: ['ticked_late_ms', 'number'],
  lastMissedAt: ['last_missed_at', 'moment'],
  createdAt: ['created_at', 'moment'],
  createdBy: ['created_by', 'plain'],
  updatedAt: ['updated_at', 'moment'],
  updatedBy: ['updated_by', 'plain'],
  deletedAt: ['deleted_at', 'moment'],
};

/** Every column by its name. */
export const SCHEDULE_COLUMNS: readonly string[] = Object.values(COLUMNS).map(([column]) => column);

/** `select` list of `schedules`, times as milliseconds. */
export const SELECTED = Object.values(COLUMNS)
  .map(([column, kind]) =>
    kind === 'moment' ? `round(extract(epoch from ${column}) * 1000)::float8 as ${column}` : column,
  )
  .join(', ');

export function rowFrom(columns: Record<string, unknown>): ScheduleRow {
  const members = Object.entries(COLUMNS).flatMap(([member, [column, kind]]): [string, unknown][] => {
    const value = columns[column];
    if (value === null || value === undefined) return [];
    return [[member, kind === 'plain' ? value : Number(value)]];
  });
  return Object.fromEntries(members) as unknown as ScheduleRow;
}

/** As `json_populate_record` takes it: times as ISO 8601. */
export function columnsFrom(row: ScheduleRow): Record<string, unknown> {
  const pairs = Object.entries(COLUMNS).map(([member, [column, kind]]): [string, unknown] => {
    const value = row[member as keyof ScheduleRow];
    return [column, kind === 'moment' && typeof value === 'number' ? new Date(value).toISOString() : value];
  });
  return Object.fromEntries(pairs);
}

/** What schedulers are told of it; nothing of one that does not tick. */
export function entryOf(row: ScheduleRow): ScheduleEntry | undefined {
  if (!row.enabled || row.deletedAt !== undefined || row.nextAt === undefined) return undefined;
  const { name, revision, cron, timeZone, everyMs, anchor, startAt, endAt } = row;
  return { kind: 'schedule', name, revision, cron, timeZone, everyMs, anchor, startAt, endAt };
}

/** Whether it has made as many jobs as it may. */
export const isUsedUp = ({ runLimit, runCount }: ScheduleRow): boolean =>
  runLimit !== undefined && runCount >= runLimit;
