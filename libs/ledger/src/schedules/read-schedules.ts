import { describeTiming } from '@scutwork/jobs/wire';
import type { Page } from '../api';
import type { ScheduleFigures, ScheduleHealth, ScheduleQuery, ScheduleRunView, ScheduleView } from './scheduling-api';
import { readCursor, writeCursor } from '../query/cursor';
import { iso } from '../query/iso';
import { pageSize } from '../query/page-size';
import type { Database, Transaction } from '../store/database';
import { SELECTED, type ScheduleRow, isUsedUp, rowFrom } from './schedule-row';
import { type TickOutcome, notFound } from './store';

/** A schedule whose moment has passed by so long is late. */
const LATE_MS = 5_000;
const MOST_LATE = 20;

type Read = Pick<Transaction, 'query'>;

/** What is shown of schedules. */
export class ReadSchedules {
  constructor(private readonly database: Database) {}

  /** @throws LedgerError `schedule_not_found` */
  async row(name: string, tx: Read = this.database.pool): Promise<ScheduleRow> {
    const { rows } = await tx.query<Record<string, unknown>>(
      `select ${SELECTED} from schedules where name = $1 and deleted_at is null`,
      [name],
    );
    const [columns] = rows;
    if (!columns) throw notFound(name);
    return rowFrom(columns);
  }

  async one(name: string): Promise<ScheduleView> {
    const [columns] = await this.database.query(`${VIEWS} and name = $1`, [name]);
    if (!columns) throw notFound(name);
    return viewOf(columns);
  }

  async page({ limit, cursor, type, late }: ScheduleQuery): Promise<Page<ScheduleView>> {
    const size = pageSize(limit);
    const question = JSON.stringify(['schedules', type, late]);
    const after = readCursor(cursor, question, () => true);
    const rows = await this.database.query(
      `${VIEWS} and ($1::text is null or name > $1) and ($2::text is null or type = $2)
       and ($3::boolean is null or $3 = coalesce(next_at < now() - interval '${LATE_MS} milliseconds', false))
       order by name limit $4`,
      [after?.id, type, late, size + 1],
    );
    const items = rows.slice(0, size).map(viewOf);
    const last = items.at(-1);
    return { items, cursor: rows.length > size && last ? writeCursor({ at: 0, id: last.name }, question) : undefined };
  }

  async runs(name: string, { limit, cursor }: { limit?: number; cursor?: string }): Promise<Page<ScheduleRunView>> {
    await this.row(name);
    const size = pageSize(limit);
    const question = `runs of ${name}`;
    const before = readCursor(cursor, question, () => true);
    const rows = await this.database.query<RunColumns>(RUNS, [name, before?.at, size + 1]);
    const items = rows.slice(0, size).map(runOf);
    const last = items.at(-1);
    const at = last && Date.parse(last.scheduledFor);
    return {
      items,
      cursor: rows.length > size && at !== undefined ? writeCursor({ at, id: name }, question) : undefined,
    };
  }

  async figures(): Promise<ScheduleFigures[]> {
    const rows = await this.database.query<FigureColumns & Record<string, unknown>>(FIGURES);
    return rows.map(({ tickedAt, ...row }) => ({ ...row, tickedAt: tickedAt ?? undefined }));
  }

  async health(): Promise<ScheduleHealth> {
    const [row] = await this.database.query<HealthColumns>(HEALTH, [LATE_MS, MOST_LATE]);
    return {
      enabled: Number(row?.enabled ?? 0),
      late: (row?.late ?? []).map(({ name, nextRun }) => ({ name, nextRun: new Date(nextRun).toISOString() })),
      missed: Number(row?.missed ?? 0),
      unhandled: row?.unhandled ?? [],
      schedulers: (row?.schedulers ?? []).map(({ name, lastTick }) => ({
        name,
        lastTick: new Date(lastTick).toISOString(),
      })),
    };
  }
}

interface FigureColumns extends Omit<ScheduleFigures, 'tickedAt'> {
  tickedAt: number | null;
}

const HANDLED = 'exists (select 1 from workers where not gone and schedules.type = any(workers.types))';
const VIEWS = `select ${SELECTED}, ${HANDLED} as handled, extract(epoch from now())::float8 * 1000 as now
from schedules where deleted_at is null`;

function viewOf(columns: Record<string, unknown>): ScheduleView {
  const row = rowFrom(columns);
  const { name, type, cron, timeZone, everyMs, options, enabled, overlap, catchUp, catchUpLimit, source } = row;
  const lateMs = row.nextAt === undefined ? 0 : Number(columns.now) - row.nextAt;
  return {
    ...{ name, type, cron, every: everyMs, timeZone, says: describeTiming(row) },
    ...{ payload: JSON.parse(row.payload) as unknown, options, enabled, overlap, catchUp, catchUpLimit, source },
    ...{ grace: row.graceMs, start: iso(row.startAt), end: iso(row.endAt), limit: row.runLimit },
    ...{ revision: row.revision, runCount: row.runCount, missedCount: row.missedCount },
    ...{ skippedCount: row.skippedCount, failedCount: row.failedCount },
    ...{ lastRun: iso(row.lastRunAt), lastJobId: row.lastJobId, nextRun: iso(row.nextAt) },
    lastTick:
      row.tickedAt === undefined
        ? undefined
        : { at: iso(row.tickedAt), by: row.tickedBy ?? '', lateMs: row.tickedLateMs },
    lastMissed: iso(row.lastMissedAt),
    ...{ lateMs: lateMs > LATE_MS ? Math.round(lateMs) : undefined },
    ...{ finished: enabled && row.nextAt === undefined && (isUsedUp(row) || row.watermark > 0) },
    handled: columns.handled === true,
    ...{ createdAt: iso(row.createdAt), createdBy: row.createdBy },
    ...{ updatedAt: iso(row.updatedAt), updatedBy: row.updatedBy },
  };
}

interface RunColumns {
  instant: number;
  outcome: TickOutcome;
  job_id: string | null;
  ticked_by: string;
  reason: string | null;
  decided_at: number;
  state: string | null;
  started_at: number | null;
  finished_at: number | null;
}

/** A page of moments, newest first, each with its job as far as it is still kept. */
const RUNS = `
with page as (
  select * from schedule_ticks
  where schedule = $1 and ($2::float8 is null or instant < to_timestamp($2 / 1000.0))
  order by instant desc limit $3
), found as (
  select id, case when cancel_requested_at is null then state else 'cancelling' end as state, started_at, finished_at
  from jobs where id in (select job_id from page)
  union all
  select id, state, started_at, finished_at from history where id in (select job_id from page)
    and finished_at >= (select min(decided_at) from page)
)
select round(extract(epoch from instant) * 1000)::float8 as instant, outcome, job_id, ticked_by, reason,
  extract(epoch from decided_at)::float8 * 1000 as decided_at, found.state,
  extract(epoch from found.started_at)::float8 * 1000 as started_at,
  extract(epoch from found.finished_at)::float8 * 1000 as finished_at
from page left join found on found.id = page.job_id order by instant desc`;

function runOf(row: RunColumns): ScheduleRunView {
  const [startedAt, finishedAt] = [row.started_at ?? undefined, row.finished_at ?? undefined];
  return {
    ...{ scheduledFor: iso(row.instant), outcome: row.outcome, jobId: row.job_id ?? undefined },
    ...{ state: row.state ?? undefined, startedAt: iso(startedAt), finishedAt: iso(finishedAt) },
    ranMs: startedAt === undefined || finishedAt === undefined ? undefined : Math.round(finishedAt - startedAt),
    ...{ tickedBy: row.ticked_by, lateMs: Math.max(0, Math.round(row.decided_at - row.instant)) },
    reason: row.reason ?? undefined,
  };
}

const FIGURES = `
select name, enabled, run_count::float8 as runs, missed_count::float8 as missed, skipped_count::float8 as skipped,
  failed_count::float8 as failed, extract(epoch from ticked_at)::float8 * 1000 as "tickedAt",
  greatest(0, coalesce(extract(epoch from now() - next_at)::float8 * 1000, 0)) as "lateMs", ${HANDLED} as handled
from schedules where deleted_at is null order by name`;

interface HealthColumns {
  enabled: string;
  late: ScheduleHealth['late'] | null;
  missed: string;
  unhandled: string[] | null;
  schedulers: ScheduleHealth['schedulers'] | null;
}

const HEALTH = `
select count(*) filter (where enabled) as enabled,
  (select json_agg(json_build_object('name', name, 'nextRun', next_at) order by next_at) from
    (select name, next_at from schedules where next_at < now() - make_interval(secs => $1 / 1000.0)
     order by next_at limit $2) as late) as late,
  coalesce(sum(missed_count), 0) as missed,
  (select json_agg(name) from (select name from schedules where enabled and deleted_at is null and not ${HANDLED}
     order by name limit $2) as unhandled) as unhandled,
  (select json_agg(json_build_object('name', name, 'lastTick', ticked_at) order by ticked_at desc) from
    (select name, ticked_at from schedulers where ticked_at > now() - interval '1 hour'
     order by ticked_at desc limit $2) as tellers) as schedulers
from schedules where deleted_at is null`;
