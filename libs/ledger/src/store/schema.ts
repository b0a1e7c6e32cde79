import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';

/** Milliseconds matter here, and UTC. */
export const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

/** What is known of one job; the same in `jobs` and in `history`. */
const jobColumns = {
  id: uuid('id').notNull(),
  /** The custom or foreign id that `id` was made from. */
  key: text('key'),
  type: text('type').notNull(),
  queue: text('queue').notNull(),
  /** 0 critical to 3 low. */
  priority: smallint('priority').notNull(),
  /** Raised by every move and redrive; messages of a lower one are revoked. */
  generation: integer('generation').notNull(),
  /** Reports of generations below this one say nothing of the state: raised by a redrive. */
  baseGeneration: integer('base_generation').notNull(),
  /** waiting, delayed, blocked, active, retrying; in history a final one. `accepted`, `cancelling`, `stalled` are derived. */
  state: text('state').notNull(),
  /** The newest known run; 0 before the first. */
  attempt: integer('attempt').notNull(),
  delivery: integer('delivery').notNull(),
  /** When the fact that made the state was stated, and its step among those of the same millisecond. */
  stateAt: moment('state_at').notNull(),
  stateGeneration: integer('state_generation').notNull(),
  stateStep: smallint('state_step').notNull(),
  maxAttempts: integer('max_attempts'),
  timeoutMs: bigint('timeout_ms', { mode: 'number' }),
  /** A resolved backoff as JSON. */
  backoff: text('backoff'),
  expiresAt: moment('expires_at'),
  /** JSON as it was sent. Text: jsonb refuses `\u0000`, lone surrogates and `1e400000`, which are legal JSON. */
  payload: text('payload'),
  /** Of the payload; null is 1. */
  version: integer('version'),
  result: text('result'),
  progress: text('progress'),
  /** Place of the progress among all that the job said. */
  progressPlace: text('progress_place'),
  /** The last failure as JSON: name, message, code, stack. */
  error: text('error'),
  /** Name and message, for search. */
  errorText: text('error_text'),
  /** Alike for errors that differ in numbers, ids and quoted texts alone. */
  fingerprint: text('fingerprint'),
  deadReason: text('dead_reason'),
  /** Every known run as JSON, oldest first. */
  runs: text('runs').notNull(),
  tags: text('tags').array(),
  tenant: text('tenant'),
  correlationId: text('correlation_id'),
  groupKey: text('group_key'),
  schedule: text('schedule'),
  scheduledFor: moment('scheduled_for'),
  flow: text('flow'),
  traceparent: text('traceparent'),
  worker: text('worker'),
  /** `client`, `api`, `foreign`, `schedule`. */
  origin: text('origin').notNull(),
  createdAt: moment('created_at').notNull(),
  submittedAt: moment('submitted_at'),
  dueAt: moment('due_at'),
  startedAt: moment('started_at'),
  finishedAt: moment('finished_at'),
  cancelRequestedAt: moment('cancel_requested_at'),
  /** Own retention in ms; null: that of its state. */
  keepMs: bigint('keep_ms', { mode: 'number' }),
  /** The unique key it was submitted with, with its type before it: see `submit/unique.ts`. */
  uniqueKey: text('unique_key'),
  /** Hashes of what it can be found by: see `record/terms.ts`. */
  terms: integer('terms').array().notNull(),
};

/** Jobs that are not finished. */
export const jobs = pgTable(
  'jobs',
  {
    ...jobColumns,
    id: uuid('id').primaryKey(),
    /** Nothing of it is at the broker: the due duty, a parent or a decision releases it. */
    inLedger: boolean('in_ledger').notNull().default(false),
  },
  (t) => [
    index('jobs_created').on(t.createdAt, t.id),
    index('jobs_terms').using('gin', t.terms),
    index('jobs_due')
      .on(t.dueAt)
      .where(sql`in_ledger`),
    index('jobs_schedule')
      .on(t.schedule)
      .where(sql`schedule is not null`),
    index('jobs_state').on(t.queue, t.state, t.dueAt),
    index('jobs_cancelling')
      .on(t.cancelRequestedAt)
      .where(sql`cancel_requested_at is not null`),
  ],
);

/** Finished jobs. Partitioned by shelf and by the day they finished: see `duties/retention.ts`. */
export const history = pgTable(
  'history',
  {
    ...jobColumns,
    /** Which retention it has: 0 completed, 1 given up (dead, cancelled, expired), 2 its own. */
    shelf: smallint('shelf').notNull(),
    finishedAt: moment('finished_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.id, t.shelf, t.finishedAt] }),
    index('history_created').on(t.createdAt, t.id),
    index('history_finished').on(t.finishedAt, t.id),
    index('history_terms').using('gin', t.terms),
    index('history_error')
      .using('gin', sql`${t.errorText} gin_trgm_ops`)
      .where(sql`error_text is not null`),
  ],
);

/** How jobs that say so themselves are kept, for each way to end; beside their rows, for they are few. */
export const keeps = pgTable(
  'keeps',
  {
    jobId: uuid('job_id').primaryKey(),
    type: text('type').notNull(),
    /** A `Retention` as JSON. */
    rules: json('rules').notNull(),
    /** The final state, when, and the rule for it by number: null while it is not finished. */
    ended: text('ended'),
    endedAt: moment('ended_at'),
    last: integer('last'),
  },
  (t) => [
    index('keeps_last')
      .on(t.type, t.ended, t.endedAt)
      .where(sql`last is not null`),
  ],
);

/** What handlers said. Partitioned by day. */
export const logs = pgTable(
  'logs',
  {
    jobId: uuid('job_id').notNull(),
    /** Generation, attempt, delivery, number: a line told twice is one line. */
    seq: text('seq').notNull(),
    attempt: integer('attempt').notNull(),
    at: moment('at').notNull(),
    level: text('level').notNull(),
    message: text('message').notNull(),
    /** JSON. */
    fields: text('fields'),
  },
  (t) => [primaryKey({ columns: [t.jobId, t.at, t.seq] })],
);

/** Jobs that were removed: what is told of them later makes no row. */
export const tombstones = pgTable(
  'tombstones',
  { id: uuid('id').primaryKey(), until: moment('until').notNull() },
  (t) => [index('tombstones_until').on(t.until)],
);

/** Messages to be published: written in the transaction that decides on them, removed when they are confirmed. */
export const outbox = pgTable(
  'outbox',
  {
    seq: bigint('seq', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** The job to be published as its row says. */
    jobId: uuid('job_id').notNull(),
    generation: integer('generation').notNull(),
    /** Why it cannot be published; it stands aside until `parkedUntil`. */
    parkedReason: text('parked_reason'),
    parkedUntil: moment('parked_until'),
  },
  (t) => [
    uniqueIndex('outbox_job').on(t.jobId, t.generation),
    // What stands aside is never in the way of what can go.
    index('outbox_ready')
      .on(t.seq)
      .where(sql`parked_until is null`),
    index('outbox_parked')
      .on(t.parkedUntil)
      .where(sql`parked_until is not null`),
  ],
);

/** Unique keys and who holds them. Released by the move of that job to a final state, in the same transaction. */
export const keys = pgTable(
  'keys',
  {
    key: text('key').primaryKey(),
    jobId: uuid('job_id').notNull(),
    /** For a throttle: held until then whatever becomes of the job. */
    until: moment('until'),
  },
  (t) => [
    index('keys_job').on(t.jobId),
    index('keys_until')
      .on(t.until)
      .where(sql`until is not null`),
  ],
);

/** What is in force on the control stream, by key. */
export const control = pgTable('control', {
  key: text('key').primaryKey(),
  entry: json('entry').notNull(),
  version: bigint('version', { mode: 'number' }).notNull(),
  at: moment('at').notNull().defaultNow(),
  /** Of a revocation: in which queue what it stops waits, null while that is not known. */
  queue: text('queue'),
  /** From when on at the latest that has come out of the delay ladder: a probe sent later passes it. */
  passableAt: moment('passable_at'),
  /** It stops copies of several generations: one that is reported dropped does not lift it. */
  several: boolean('several').notNull().default(false),
});

/** The changes of control that are not published yet. */
export const controlLog = pgTable('control_log', {
  version: bigint('version', { mode: 'number' }).primaryKey(),
  /** `{set, lift}` of a delta. */
  delta: json('delta').notNull(),
});

/** One row: `version` is raised in the transaction of each change, so changes commit in their order. */
export const heads = pgTable('heads', {
  name: text('name').primaryKey(),
  value: bigint('value', { mode: 'number' }).notNull(),
});

/** Workers by their heartbeats. */
export const workers = pgTable('workers', {
  name: text('name').primaryKey(),
  queues: text('queues').array().notNull(),
  types: text('types').array().notNull(),
  running: uuid('running').array().notNull(),
  held: integer('held').notNull(),
  /** Null: the worker does not say, or they are too many to say. */
  heldJobs: uuid('held_jobs').array(),
  controlVersion: bigint('control_version', { mode: 'number' }),
  /** `{most, taken}` by queue. Null: the worker does not say. */
  slots: json('slots'),
  startedAt: moment('started_at').notNull(),
  /** By the worker's clock. */
  saidAt: moment('said_at').notNull(),
  /** Pulse of the ledger (see `duties/pulse.ts`) at which it was last heard of. */
  pulse: bigint('pulse', { mode: 'number' }).notNull(),
  seenAt: moment('seen_at').notNull().defaultNow(),
  gone: boolean('gone').notNull().default(false),
});

/** Changes of the numbers of jobs by queue, type and state; a duty adds them up. */
export const counts = pgTable(
  'counts',
  {
    queue: text('queue').notNull(),
    type: text('type').notNull(),
    state: text('state').notNull(),
    n: bigint('n', { mode: 'number' }).notNull(),
    /** Of finished runs: for the average. */
    runs: bigint('runs', { mode: 'number' }).notNull().default(0),
    ranMs: bigint('ran_ms', { mode: 'number' }).notNull().default(0),
    lastAt: moment('last_at'),
  },
  (t) => [index('counts_queue').on(t.queue)],
);

/** What happened in each queue by the minute, in parts that a duty adds up: see `record/effects/measured.ts`. */
export const metrics = pgTable(
  'metrics',
  {
    queue: text('queue').notNull(),
    minute: moment('minute').notNull(),
    accepted: bigint('accepted', { mode: 'number' }).notNull(),
    started: bigint('started', { mode: 'number' }).notNull(),
    completed: bigint('completed', { mode: 'number' }).notNull(),
    failed: bigint('failed', { mode: 'number' }).notNull(),
    dead: bigint('dead', { mode: 'number' }).notNull(),
    cancelled: bigint('cancelled', { mode: 'number' }).notNull(),
    expired: bigint('expired', { mode: 'number' }).notNull(),
    ended: bigint('ended', { mode: 'number' }).notNull(),
    ranMs: bigint('ran_ms', { mode: 'number' }).notNull(),
    mostRanMs: bigint('most_ran_ms', { mode: 'number' }).notNull(),
    folded: boolean('folded').notNull().default(false),
  },
  (t) => [
    index('metrics_minute').on(t.minute, t.queue),
    index('metrics_parts')
      .on(t.minute)
      .where(sql`not folded`),
  ],
);

/** What happened, in the order of commits, in bundles: for live clients that come back with the last id they saw. */
export const feed = pgTable('feed', {
  seq: bigint('seq', { mode: 'number' }).primaryKey(),
  at: moment('at').notNull().defaultNow(),
  /** JSON array of changes. */
  changes: text('changes').notNull(),
});

/** Markers put into work queues: see `duties/probes.ts`. */
export const probes = pgTable('probes', {
  id: uuid('id').primaryKey(),
  queue: text('queue').notNull(),
  priority: smallint('priority').notNull(),
  sentAt: moment('sent_at').notNull(),
  /** When a worker reported it, and what that worker held of the queue. */
  reportedAt: moment('reported_at'),
  held: uuid('held').array(),
  judgedAt: moment('judged_at'),
});

/** Who did what. */
export const audit = pgTable(
  'audit',
  {
    seq: bigint('seq', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: moment('at').notNull().defaultNow(),
    actor: text('actor').notNull(),
    role: text('role').notNull(),
    action: text('action').notNull(),
    target: text('target'),
    /** JSON without payloads and secrets. */
    detail: json('detail'),
    ip: text('ip'),
  },
  (t) => [
    index('audit_at').on(t.at),
    index('audit_actor').on(t.actor, t.seq),
    index('audit_action').on(t.action, t.seq),
  ],
);

/** Keys for the API. Only a hash of the secret is kept. */
export const apiKeys = pgTable('api_keys', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  hash: text('hash').notNull(),
  role: text('role').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  createdBy: text('created_by').notNull(),
  expiresAt: moment('expires_at'),
  revokedAt: moment('revoked_at'),
  lastUsedAt: moment('last_used_at'),
});

/** Actions on many jobs by a filter, and how far they have come. */
export const bulkActions = pgTable('bulk_actions', {
  id: uuid('id').primaryKey(),
  action: text('action').notNull(),
  /** JSON of the filter, and of what the action needs. */
  filter: json('filter').notNull(),
  args: json('args').notNull(),
  state: text('state').notNull(),
  /** Where the next step begins. */
  cursor: text('cursor'),
  matched: bigint('matched', { mode: 'number' }).notNull().default(0),
  done: bigint('done', { mode: 'number' }).notNull().default(0),
  failed: bigint('failed', { mode: 'number' }).notNull().default(0),
  error: text('error'),
  createdBy: text('created_by').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  finishedAt: moment('finished_at'),
});
