import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, json, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { moment } from './schema';

/** Named schedules. A deleted one keeps its row: its watermark says for ever which moments have been decided. */
export const schedules = pgTable(
  'schedules',
  {
    name: text('name').primaryKey(),
    type: text('type').notNull(),
    /** JSON. */
    payload: text('payload').notNull(),
    options: json('options').notNull(),
    cron: text('cron'),
    timeZone: text('time_zone'),
    everyMs: bigint('every_ms', { mode: 'number' }),
    /** What `every_ms` is counted from. */
    anchor: moment('anchor').notNull(),
    startAt: moment('start_at'),
    endAt: moment('end_at'),
    runLimit: integer('run_limit'),
    overlap: text('overlap').notNull(),
    catchUp: text('catch_up').notNull(),
    catchUpLimit: integer('catch_up_limit').notNull(),
    graceMs: bigint('grace_ms', { mode: 'number' }).notNull(),
    enabled: boolean('enabled').notNull(),
    /** `code` or `api`. */
    source: text('source').notNull(),
    /** Of one from code: what was declared last, so that an edit by hand stays until the code changes. */
    declared: text('declared'),
    /** Raised by each edit, and never set back. */
    revision: integer('revision').notNull().default(1),
    /** Every moment up to it is decided. */
    watermark: moment('watermark').notNull(),
    /** The next moment; null when there is none, or when it is switched off. */
    nextAt: moment('next_at'),
    runCount: bigint('run_count', { mode: 'number' }).notNull().default(0),
    missedCount: bigint('missed_count', { mode: 'number' }).notNull().default(0),
    skippedCount: bigint('skipped_count', { mode: 'number' }).notNull().default(0),
    failedCount: bigint('failed_count', { mode: 'number' }).notNull().default(0),
    lastRunAt: moment('last_run_at'),
    lastJobId: uuid('last_job_id'),
    /** When a tick was taken last, from whom, and how late it was. */
    tickedAt: moment('ticked_at'),
    tickedBy: text('ticked_by'),
    tickedLateMs: bigint('ticked_late_ms', { mode: 'number' }),
    lastMissedAt: moment('last_missed_at'),
    createdAt: moment('created_at').notNull().defaultNow(),
    createdBy: text('created_by').notNull(),
    updatedAt: moment('updated_at').notNull().defaultNow(),
    updatedBy: text('updated_by').notNull(),
    deletedAt: moment('deleted_at'),
  },
  (t) => [
    index('schedules_next')
      .on(t.nextAt)
      .where(sql`next_at is not null`),
  ],
);

/** What became of each moment of a schedule: the row of a moment is one, and so is its job. */
export const scheduleTicks = pgTable(
  'schedule_ticks',
  {
    schedule: text('schedule').notNull(),
    instant: moment('instant').notNull(),
    /** ran, caught_up, queued, skipped, missed, failed, triggered. */
    outcome: text('outcome').notNull(),
    jobId: uuid('job_id'),
    /** Who told it: a scheduler's name, `producer`, `cron`, or whoever triggered it. */
    tickedBy: text('ticked_by').notNull(),
    reason: text('reason'),
    decidedAt: moment('decided_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.schedule, t.instant] }),
    index('schedule_ticks_queued')
      .on(t.schedule, t.instant)
      .where(sql`outcome = 'queued'`),
    index('schedule_ticks_decided').on(t.decidedAt),
  ],
);

/** Who tells ticks, and told one last: also one whose hints come second, and decide nothing. */
export const schedulers = pgTable('schedulers', {
  /** A scheduler's name, `producer` or `cron`. */
  name: text('name').primaryKey(),
  tickedAt: moment('ticked_at').notNull(),
});
