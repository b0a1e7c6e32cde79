import { definitionIn, occurrencesOf } from '@scutwork/jobs/wire';
import { auditAction } from '../access/audit-log';
import type { Actor, SubmittedJob } from '../api';
import type { ScheduleRequest, ScheduleView, Scheduling } from './scheduling-api';
import type { CheckPayload } from '../control/check-payload';
import { cancel } from '../control/cancel';
import { steer } from '../control/steer';
import { lockRows } from '../record/lock-rows';
import type { Transaction } from '../store/database';
import { databaseNow } from '../store/database-now';
import { LedgerError } from '../store/ledger-error';
import { checkScheduleName, readSchedule } from './declare';
import { makeJobs, prepareTick } from './make-jobs';
import { ReadSchedules } from './read-schedules';
import { type ScheduleRow, isUsedUp } from './schedule-row';
import { announce, lockSchedule, lockSchedules, putSchedules } from './store';
import type { Ticks } from './ticks';

export interface SchedulesOptions {
  ticks: Ticks;
  checkPayload: CheckPayload;
}

/** How many waiting jobs of a schedule are cancelled with it, at most. */
const MOST_CANCELLED = 10_000;

/** Schedules as people and programs make, change and ask for them. */
export class Schedules implements Scheduling {
  private readonly reading: ReadSchedules;

  constructor(private readonly options: SchedulesOptions) {
    this.reading = new ReadSchedules(options.ticks.options.database);
  }

  schedule = (name: string): Promise<ScheduleView> => this.reading.one(name);
  schedules = (...[page]: Parameters<Scheduling['schedules']>) => this.reading.page(page);
  scheduleRuns = (...args: Parameters<Scheduling['scheduleRuns']>) => this.reading.runs(...args);
  scheduleHealth = () => this.reading.health();
  scheduleFigures = () => this.reading.figures();

  async nextRuns(name: string, count: number): Promise<string[]> {
    const { enabled: _, ...row } = await this.reading.row(name);
    const occurs = occurrencesOf(row);
    const found: string[] = [];
    const left = row.runLimit === undefined ? count : Math.min(count, Math.max(0, row.runLimit - row.runCount));
    for (let at = occurs(Math.max(row.watermark, Date.now())); at !== undefined && found.length < left; at = occurs(at))
      found.push(new Date(at).toISOString());
    return found;
  }

  async createSchedule(request: ScheduleRequest, actor: Actor): Promise<ScheduleView> {
    checkScheduleName(request.name);
    const { name } = request;
    const defined = readSchedule(request);
    this.known(request.type);
    const payload = await this.options.checkPayload(request.type, request.payload);
    await this.change(async (tx) => {
      const now = await databaseNow(tx);
      // Of two that make the same at once the second waits here, and finds what the first has made.
      await tx.query('select pg_advisory_xact_lock(hashtext($1))', [`schedule ${name}`]);
      const [before] = await lockSchedules(tx, [name]);
      if (before && before.deletedAt === undefined) throw exists(name);
      const after = fresh({ ...defined, name, payload, source: 'api' }, before, now, actor);
      await auditAction(tx, actor, 'schedules.create', [name], timingIn(after));
      return { before, after };
    });
    return this.schedule(name);
  }

  async updateSchedule(...[name, changes, actor, ifRevision]: Parameters<Scheduling['updateSchedule']>) {
    await this.change(async (tx) => {
      await this.settle(tx, name);
      const before = await lockSchedule(tx, name);
      checkRevision(before, ifRevision);
      const request = { ...requestOf(before), ...definedIn(changes) };
      if (changes.cron !== undefined) request.every = undefined;
      if (changes.every !== undefined) [request.cron, request.timeZone] = [undefined, changes.timeZone ?? undefined];
      const defined = readSchedule(request);
      if (before.source === 'api' || changes.type !== undefined) this.known(request.type);
      const payload = await this.options.checkPayload(request.type, request.payload);
      const after = edited(before, { ...defined, payload }, await databaseNow(tx), actor);
      await auditAction(tx, actor, 'schedules.update', [name], { members: Object.keys(changes), ...timingIn(after) });
      return { before, after };
    });
    return this.schedule(name);
  }

  async setScheduleEnabled(...[name, enabled, actor, ifRevision]: Parameters<Scheduling['setScheduleEnabled']>) {
    await this.change(async (tx) => {
      const before = await lockSchedule(tx, name);
      checkRevision(before, ifRevision);
      if (before.enabled === enabled) return undefined;
      const after = edited(before, { enabled }, await databaseNow(tx), actor);
      await auditAction(tx, actor, enabled ? 'schedules.enable' : 'schedules.disable', [name]);
      return { before, after };
    });
    return this.schedule(name);
  }

  async deleteSchedule(...[name, { jobs }, actor, ifRevision]: Parameters<Scheduling['deleteSchedule']>) {
    const { recorder } = this.options.ticks.options;
    await this.change(async (tx) => {
      await lockRows(tx);
      const before = await lockSchedule(tx, name);
      checkRevision(before, ifRevision);
      const after = edited(before, { enabled: false }, await databaseNow(tx), actor);
      after.deletedAt = after.updatedAt;
      await tx.query(`delete from schedule_ticks where schedule = $1 and outcome = 'queued'`, [name]);
      if (jobs === 'cancel') {
        const { rows } = await tx.query<{ id: string }>(WAITING, [name, MOST_CANCELLED]);
        if (rows.length > 0)
          await steer(
            tx,
            recorder,
            rows.map(({ id }) => id),
            cancel,
          );
      }
      await auditAction(tx, actor, 'schedules.delete', [name], { jobs });
      return { before, after };
    });
  }

  async triggerSchedule(name: string, actor: Actor): Promise<SubmittedJob> {
    const { database, onOutbox, ...making } = this.options.ticks.options;
    const job = await database.transaction(async (tx) => {
      const before = await lockSchedule(tx, name);
      const now = await databaseNow(tx);
      const entry = await prepareTick(before, now, making);
      const jobId = entry.identity.id;
      await makeJobs(tx, [entry], now, making);
      // Moments of schedules are whole seconds: beside one, this is none.
      const instant = now % 1_000 === 0 ? now + 1 : now;
      const by = actor.name;
      await tx.query(
        `insert into schedule_ticks (schedule, instant, outcome, job_id, ticked_by)
         values ($1, to_timestamp($2::float8 / 1000.0), 'triggered', $3, $4) on conflict do nothing`,
        [name, instant, jobId, by],
      );
      const after = { ...before, runCount: before.runCount + 1, lastRunAt: now, lastJobId: jobId };
      if (isUsedUp(after)) after.nextAt = undefined;
      await putSchedules(tx, [after]);
      await auditAction(tx, actor, 'schedules.trigger', [name], { jobId });
      await announce(tx, [{ before, after }]);
      return { id: jobId, type: entry.definition.type, queue: entry.definition.queue, state: 'accepted' as const };
    });
    onOutbox?.();
    return job;
  }

  async tickSchedule(name: string, by: string) {
    const { database, onOutbox } = this.options.ticks.options;
    const done = await database.transaction(async (tx) => {
      const before = await this.reading.row(name, tx);
      if (!before.enabled) throw disabled(name);
      const now = await databaseNow(tx);
      const occurs = occurrencesOf(before);
      const soon = occurs(now);
      const { made } = await this.options.ticks.takeIn(tx, [{ schedule: name, instant: soon ?? now, by }]);
      const after = await this.reading.row(name, tx);
      return { made, after };
    });
    if (done.made) onOutbox?.();
    const { lastRunAt, lastJobId, nextAt } = done.after;
    return { ran: done.made, scheduledFor: iso(lastRunAt), jobId: lastJobId, nextRun: iso(nextAt) };
  }

  /**
   * Schedules that a program declares in its code. One that is not known is made; one that was declared otherwise before
   * is changed; what was changed by hand stays as long as the code says the same.
   */
  async registerSchedules(requests: readonly ScheduleRequest[], by: string): Promise<void> {
    const actor: Actor = { name: by, role: 'operator' };
    for (const request of requests) {
      checkScheduleName(request.name);
      const { name } = request;
      const declared = JSON.stringify(request);
      const defined = readSchedule(request);
      const payload = await this.options.checkPayload(request.type, request.payload);
      await this.change(async (tx) => {
        await tx.query('select pg_advisory_xact_lock(hashtext($1))', [`schedule ${name}`]);
        const [found] = await lockSchedules(tx, [name]);
        if (found?.declared === declared && found.source === 'code') return undefined;
        if (found && found.deletedAt === undefined) await this.settle(tx, name);
        const [before] = await lockSchedules(tx, [name]);
        const now = await databaseNow(tx);
        const isNew = !before || before.deletedAt !== undefined;
        const after = isNew
          ? fresh({ ...defined, name, payload, source: 'code' }, before, now, actor)
          : edited(before, { ...defined, payload, enabled: before.enabled }, now, actor);
        return { before, after: { ...after, source: 'code', declared } };
      });
    }
  }

  /** What is due is decided by what the schedule was. */
  private async settle(tx: Transaction, name: string): Promise<void> {
    await this.options.ticks.takeIn(tx, [{ schedule: name, instant: 0, by: 'producer' }]);
  }

  private known(type: string): void {
    definitionIn(this.options.ticks.options.catalog, type, 'type');
  }

  private async change(
    decide: (tx: Transaction) => Promise<{ before: ScheduleRow | undefined; after: ScheduleRow } | undefined>,
  ): Promise<void> {
    const { database, onOutbox, onChange } = this.options.ticks.options;
    const changed = await database.transaction(async (tx) => {
      const change = await decide(tx);
      if (!change) return false;
      await putSchedules(tx, [change.after]);
      await announce(tx, [change]);
      return true;
    });
    if (!changed) return;
    onOutbox?.();
    onChange?.();
  }
}

const WAITING = `
select id from jobs where schedule = $1 and state <> 'active' and cancel_requested_at is null order by id limit $2`;

type Defined = ReturnType<typeof readSchedule> & Pick<ScheduleRow, 'name' | 'payload' | 'source'>;

/** A new one decides nothing of what was before it; one of a name that was there goes on where that one ended. */
function fresh(defined: Defined, gone: ScheduleRow | undefined, now: number, { name: by }: Actor): ScheduleRow {
  const watermark = Math.max(gone?.watermark ?? 0, now);
  const row: ScheduleRow = {
    ...defined,
    anchor: defined.startAt ?? Math.floor(now / 1_000) * 1_000,
    revision: (gone?.revision ?? 0) + 1,
    ...{ watermark, runCount: 0, missedCount: 0, skippedCount: 0, failedCount: 0 },
    ...{ createdAt: now, createdBy: by, updatedAt: now, updatedBy: by },
  };
  return { ...row, nextAt: nextOf(row) };
}

type Edit = Partial<ReturnType<typeof readSchedule> & Pick<ScheduleRow, 'payload'>>;

/** The past belongs to what it was before: what is changed decides nothing of it. */
function edited(before: ScheduleRow, edit: Edit, now: number, { name: updatedBy }: Actor): ScheduleRow {
  const row = { ...before, ...edit, revision: before.revision + 1, updatedAt: now, updatedBy };
  const isRetimed = (['cron', 'timeZone', 'everyMs', 'startAt', 'endAt'] as const).some(
    (key) => row[key] !== before[key],
  );
  const isResumed = row.enabled && !before.enabled;
  if (isRetimed && row.everyMs !== before.everyMs) row.anchor = row.startAt ?? Math.floor(now / 1_000) * 1_000;
  if (isRetimed || isResumed) row.watermark = Math.max(before.watermark, now);
  return { ...row, nextAt: nextOf(row) };
}

function nextOf(row: ScheduleRow): number | undefined {
  return row.enabled && !isUsedUp(row) ? occurrencesOf(row)(row.watermark) : undefined;
}

/** As it would be asked for. */
function requestOf(row: ScheduleRow): ScheduleRequest {
  return {
    ...{ name: row.name, type: row.type, payload: JSON.parse(row.payload) as unknown, options: row.options },
    ...{ cron: row.cron, every: row.everyMs, timeZone: row.timeZone, start: iso(row.startAt), end: iso(row.endAt) },
    ...{ limit: row.runLimit, overlap: row.overlap, catchUp: row.catchUp, catchUpLimit: row.catchUpLimit },
    ...{ grace: row.graceMs, enabled: row.enabled },
  };
}

/** Null takes a limit away; what is left out stays. */
function definedIn(changes: Record<string, unknown>): Partial<ScheduleRequest> {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([member, value]) => [member, value ?? undefined]));
}

const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());

const timingIn = ({ cron, everyMs, timeZone, enabled }: ScheduleRow): object => ({ cron, everyMs, timeZone, enabled });

function checkRevision({ name, revision }: ScheduleRow, wanted: number | undefined): void {
  if (wanted === undefined || wanted === revision) return;
  throw new LedgerError('schedule_changed', `Schedule "${name}" is at revision ${revision}, not ${wanted}`, {
    field: 'if-match',
    hint: 'Somebody changed it meanwhile: read it again, then decide.',
  });
}

function exists(name: string): LedgerError {
  return new LedgerError('schedule_exists', `There is a schedule called "${name}" already`, {
    field: 'name',
    hint: 'Change it with PATCH, or choose another name.',
  });
}

function disabled(name: string): LedgerError {
  return new LedgerError('schedule_disabled', `Schedule "${name}" is switched off`, {
    field: 'name',
    hint: `Enable it first: POST /api/v1/schedules/${name}/enable.`,
  });
}
