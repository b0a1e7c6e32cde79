import { definitionIn, occurrencesOf } from '@scutwork/jobs/wire';
import { auditAction } from '../access/audit-log';
import type { Actor, BulkView, SubmittedJob } from '../api';
import type { ScheduleRequest, ScheduleView, Scheduling } from './scheduling-api';
import { beginBulk } from '../control/bulk-actions';
import type { CheckPayload } from '../control/check-payload';
import { iso } from '../query/iso';
import { databaseNow } from '../store/database-now';
import { LedgerError } from '../store/ledger-error';
import { changeSchedules, edited, fresh, lockNames, settleDue } from './change';
import { checkScheduleName, readSchedule } from './declare';
import { makeJobs, prepareTick } from './make-jobs';
import { ReadSchedules } from './read-schedules';
import { registerSchedules } from './register';
import { type ScheduleRow, isUsedUp } from './schedule-row';
import { announce, lockSchedule, lockSchedules, putSchedules, putTicks } from './store';
import type { Ticks } from './ticks';

export interface SchedulesOptions {
  ticks: Ticks;
  checkPayload: CheckPayload;
}

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
      found.push(iso(at));
    return found;
  }

  async createSchedule(request: ScheduleRequest, actor: Actor): Promise<ScheduleView> {
    checkScheduleName(request.name);
    const { name } = request;
    const defined = readSchedule(request);
    this.known(request.type);
    const { payload } = await this.options.checkPayload(request.type, request.payload);
    await changeSchedules(this.options.ticks, async (tx) => {
      await lockNames(tx, [name]);
      const now = await databaseNow(tx);
      const [before] = await lockSchedules(tx, [name]);
      if (before && before.deletedAt === undefined) throw exists(name);
      const after = fresh({ ...defined, name, payload, source: 'api' }, before, now, actor);
      await auditAction(tx, actor, 'schedules.create', [name], timingIn(after));
      return [{ before, after }];
    });
    return this.schedule(name);
  }

  async updateSchedule(...[name, changes, actor, ifRevision]: Parameters<Scheduling['updateSchedule']>) {
    await changeSchedules(this.options.ticks, async (tx) => {
      await settleDue(this.options.ticks, tx, [name]);
      const before = await lockSchedule(tx, name);
      checkRevision(before, ifRevision);
      const request = { ...requestOf(before), ...definedIn(changes) };
      if (changes.cron !== undefined) request.every = undefined;
      if (changes.every !== undefined) [request.cron, request.timeZone] = [undefined, changes.timeZone ?? undefined];
      const defined = readSchedule(request);
      if (before.source === 'api' || changes.type !== undefined) this.known(request.type);
      const { payload } = await this.options.checkPayload(request.type, request.payload);
      const after = edited(before, { ...defined, payload }, await databaseNow(tx), actor);
      await auditAction(tx, actor, 'schedules.update', [name], { members: Object.keys(changes), ...timingIn(after) });
      return [{ before, after }];
    });
    return this.schedule(name);
  }

  async setScheduleEnabled(...[name, enabled, actor, ifRevision]: Parameters<Scheduling['setScheduleEnabled']>) {
    await changeSchedules(this.options.ticks, async (tx) => {
      const before = await lockSchedule(tx, name);
      checkRevision(before, ifRevision);
      if (before.enabled === enabled) return [];
      const after = edited(before, { enabled }, await databaseNow(tx), actor);
      await auditAction(tx, actor, enabled ? 'schedules.enable' : 'schedules.disable', [name]);
      return [{ before, after }];
    });
    return this.schedule(name);
  }

  async deleteSchedule(...[name, { jobs }, actor, ifRevision]: Parameters<Scheduling['deleteSchedule']>) {
    let cancelling: BulkView | undefined;
    await changeSchedules(this.options.ticks, async (tx) => {
      const before = await lockSchedule(tx, name);
      checkRevision(before, ifRevision);
      const after = edited(before, { enabled: false }, await databaseNow(tx), actor);
      after.deletedAt = after.updatedAt;
      await tx.query(`delete from schedule_ticks where schedule = $1 and outcome = 'queued'`, [name]);
      if (jobs === 'cancel') {
        cancelling = await beginBulk(tx, 'cancel', { schedule: name }, actor, { spareRunning: true });
      }
      await auditAction(tx, actor, 'schedules.delete', [name], { jobs });
      return [{ before, after }];
    });
    return cancelling;
  }

  async triggerSchedule(name: string, actor: Actor): Promise<SubmittedJob> {
    const { database, onOutbox, onChange, ...making } = this.options.ticks.options;
    const job = await database.transaction(async (tx) => {
      const before = await lockSchedule(tx, name);
      const now = await databaseNow(tx);
      const instant = momentBeside(before, now);
      const entry = await prepareTick(before, instant, making);
      const jobId = entry.identity.id;
      await makeJobs(tx, [entry], now, making);
      await putTicks(tx, [{ schedule: name, instant, outcome: 'triggered', jobId, tickedBy: actor.name }]);
      const after = { ...before, runCount: before.runCount + 1, lastRunAt: instant, lastJobId: jobId };
      if (isUsedUp(after)) after.nextAt = undefined;
      await putSchedules(tx, [after]);
      await auditAction(tx, actor, 'schedules.trigger', [name], { jobId });
      await announce(tx, [{ before, after }]);
      return { id: jobId, type: entry.definition.type, queue: entry.definition.queue, state: 'accepted' as const };
    });
    onOutbox?.();
    onChange?.();
    return job;
  }

  async tickSchedule(name: string, by: string) {
    const { ticks } = this.options;
    const { database, onOutbox, onChange } = ticks.options;
    const done = await database.transaction(async (tx) => {
      const before = await this.reading.row(name, tx);
      if (!before.enabled) throw disabled(name);
      const now = await databaseNow(tx);
      const occurs = occurrencesOf(before);
      const soon = occurs(now);
      const { made, announced } = await ticks.takeIn(tx, [{ schedule: name, instant: soon ?? now, by }]);
      const after = await this.reading.row(name, tx);
      return { made, announced, after };
    });
    await ticks.tellers.note([by]);
    if (done.made) onOutbox?.();
    if (done.announced) onChange?.();
    const { lastRunAt, lastJobId, nextAt } = done.after;
    return { ran: done.made, scheduledFor: iso(lastRunAt), jobId: lastJobId, nextRun: iso(nextAt) };
  }

  registerSchedules = (requests: readonly ScheduleRequest[], by: string): Promise<void> =>
    registerSchedules(requests, by, this.options);

  private known(type: string): void {
    definitionIn(this.options.ticks.options.catalog, type, 'type');
  }
}

/** A moment that is none of the schedule's own, and that no other trigger of it has had. */
function momentBeside(row: ScheduleRow, now: number): number {
  const instant = Math.max(now, (row.lastRunAt ?? 0) + 1);
  return occurrencesOf(row)(instant - 1) === instant ? instant + 1 : instant;
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
