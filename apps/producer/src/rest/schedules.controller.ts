import { Controller, Headers, Inject, Res } from '@nestjs/common';
import { describeTiming, occurrencesOf, readTiming } from '@scutwork/jobs/wire';
import type { Actor, BulkView, LedgerApi, ScheduleView } from '@scutwork/ledger';
import { Caller } from '../auth/principal';
import { LEDGER } from '../ledger/tokens';
import { FromRequest } from '../routes/from-request';
import { type GivenTo, Route, route } from '../routes/route';
import { pageQuery } from '../schemas/job-filter';
import {
  deleteScheduleQuery,
  nextQuery,
  nextRuns,
  preview,
  previewBody,
  scheduleChanges,
  scheduleParams,
  scheduleRequest,
  scheduleRunView,
  scheduleView,
  schedulesQuery,
} from '../schemas/schedules';
import { bulkBegun, pageOf, submittedJob } from '../schemas/views';
import { type HeaderReply, revisionIn, withETag } from './etag';

/** What of a reply is needed to answer otherwise. */
interface StatusReply {
  status(code: number): unknown;
}

const tag = 'schedules';
const DEFAULT_COUNT = 10;
const ofASchedule = { tag, params: scheduleParams } as const;
const wrong = ['schedule_invalid', 'cron_invalid', 'payload_invalid', 'type_unknown'];
const answer = { status: 200, says: 'The schedule, with its ETag', schema: scheduleView } as const;

const listSchedules = route({
  ...{ method: 'GET', path: '/schedules', role: 'viewer', tag, summary: 'The schedules by name' },
  query: schedulesQuery,
  answer: { status: 200, says: 'A page of them', schema: pageOf(scheduleView) },
  problems: { 400: ['cursor_invalid'] },
});

const createSchedule = route({
  ...{ method: 'POST', path: '/schedules', role: 'operator', tag, summary: 'Make a schedule' },
  body: scheduleRequest,
  answer: { status: 201, says: 'It ticks from now on', schema: scheduleView },
  problems: { 409: ['schedule_exists'], 413: ['payload_too_large'], 422: wrong },
});

const previewSchedule = route({
  ...{ method: 'POST', path: '/schedules/preview', role: 'viewer', tag },
  summary: 'What an expression means: a sentence, and its next runs',
  body: previewBody,
  answer: { status: 200, says: 'The sentence and the runs', schema: preview },
  problems: { 422: ['cron_invalid'] },
});

const getSchedule = route({
  ...{ ...ofASchedule, method: 'GET', path: '/schedules/:name', role: 'viewer', summary: 'A schedule' },
  ...{ answer, problems: { 404: ['schedule_not_found'] } },
});

const changeSchedule = route({
  ...{ ...ofASchedule, method: 'PATCH', path: '/schedules/:name', role: 'operator', ifMatch: true },
  summary: 'Change a schedule: what is left out stays',
  body: scheduleChanges,
  ...{ answer, problems: { 404: ['schedule_not_found'], 413: ['payload_too_large'], 422: wrong } },
});

const deleteSchedule = route({
  ...{ ...ofASchedule, method: 'DELETE', path: '/schedules/:name', role: 'operator', ifMatch: true },
  summary: 'Delete a schedule',
  query: deleteScheduleQuery,
  answer: { status: 204, says: 'It ticks no more' },
  otherwise: { ...bulkBegun, says: 'With `jobs=cancel`: it ticks no more, and its jobs are being cancelled' },
  problems: { 404: ['schedule_not_found'] },
});

const triggerSchedule = route({
  ...{ ...ofASchedule, method: 'POST', path: '/schedules/:name/trigger', role: 'operator' },
  summary: 'Run a schedule now, also one that is switched off',
  answer: { status: 202, says: 'Its job', schema: submittedJob },
  problems: { 404: ['schedule_not_found'], 422: ['payload_invalid', 'type_unknown'] },
});

const enableSchedule = route({
  ...{ ...ofASchedule, method: 'POST', path: '/schedules/:name/enable', role: 'operator', ifMatch: true },
  summary: 'Switch a schedule on; what was due meanwhile is not made up for',
  ...{ answer, problems: { 404: ['schedule_not_found'] } },
});

const disableSchedule = route({
  ...{ ...ofASchedule, method: 'POST', path: '/schedules/:name/disable', role: 'operator', ifMatch: true },
  summary: 'Switch a schedule off',
  ...{ answer, problems: { 404: ['schedule_not_found'] } },
});

const getNextRuns = route({
  ...{ ...ofASchedule, method: 'GET', path: '/schedules/:name/next', role: 'viewer', query: nextQuery },
  summary: 'The next runs of a schedule',
  answer: { status: 200, says: 'Their moments', schema: nextRuns },
  problems: { 404: ['schedule_not_found'] },
});

const listRuns = route({
  ...{ ...ofASchedule, method: 'GET', path: '/schedules/:name/runs', role: 'viewer', query: pageQuery },
  summary: 'What became of the moments of a schedule, newest first, each with its job',
  answer: { status: 200, says: 'A page of them', schema: pageOf(scheduleRunView) },
  problems: { 400: ['cursor_invalid'], 404: ['schedule_not_found'] },
});

@Controller()
export class SchedulesController {
  constructor(@Inject(LEDGER) private readonly ledger: LedgerApi) {}

  @Route(listSchedules)
  list(@FromRequest() { query }: GivenTo<typeof listSchedules>): Promise<unknown> {
    return this.ledger.schedules(query);
  }

  @Route(createSchedule)
  async create(
    @FromRequest() { body }: GivenTo<typeof createSchedule>,
    @Caller() caller: Actor,
    @Res({ passthrough: true }) reply: HeaderReply,
  ): Promise<ScheduleView> {
    return withETag(await this.ledger.createSchedule(body, caller), reply);
  }

  @Route(previewSchedule)
  preview(@FromRequest() { body }: GivenTo<typeof previewSchedule>): { says: string; runs: string[] } {
    const timing = { ...readTiming(body), anchor: Date.now() };
    const occurs = occurrencesOf(timing);
    const runs: string[] = [];
    for (let at = occurs(Date.now()); at !== undefined && runs.length < (body.count ?? DEFAULT_COUNT); at = occurs(at))
      runs.push(new Date(at).toISOString());
    return { says: describeTiming(timing), runs };
  }

  @Route(getSchedule)
  async get(
    @FromRequest() { params }: GivenTo<typeof getSchedule>,
    @Res({ passthrough: true }) reply: HeaderReply,
  ): Promise<ScheduleView> {
    return withETag(await this.ledger.schedule(params.name), reply);
  }

  @Route(changeSchedule)
  async change(
    @FromRequest() { params, body }: GivenTo<typeof changeSchedule>,
    @Caller() caller: Actor,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: HeaderReply,
  ): Promise<ScheduleView> {
    const revision = await this.revision(params.name, ifMatch);
    return withETag(await this.ledger.updateSchedule(params.name, body, caller, revision), reply);
  }

  @Route(deleteSchedule)
  async delete(
    @FromRequest() { params, query }: GivenTo<typeof deleteSchedule>,
    @Caller() caller: Actor,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: StatusReply,
  ): Promise<BulkView | undefined> {
    const revision = await this.revision(params.name, ifMatch);
    const cancelling = await this.ledger.deleteSchedule(params.name, { jobs: query.jobs ?? 'keep' }, caller, revision);
    if (cancelling) reply.status(bulkBegun.status);
    return cancelling;
  }

  @Route(triggerSchedule)
  trigger(@FromRequest() { params }: GivenTo<typeof triggerSchedule>, @Caller() caller: Actor): Promise<unknown> {
    return this.ledger.triggerSchedule(params.name, caller);
  }

  @Route(enableSchedule)
  async enable(
    @FromRequest() { params }: GivenTo<typeof enableSchedule>,
    @Caller() caller: Actor,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: HeaderReply,
  ): Promise<ScheduleView> {
    const revision = await this.revision(params.name, ifMatch);
    return withETag(await this.ledger.setScheduleEnabled(params.name, true, caller, revision), reply);
  }

  @Route(disableSchedule)
  async disable(
    @FromRequest() { params }: GivenTo<typeof disableSchedule>,
    @Caller() caller: Actor,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: HeaderReply,
  ): Promise<ScheduleView> {
    const revision = await this.revision(params.name, ifMatch);
    return withETag(await this.ledger.setScheduleEnabled(params.name, false, caller, revision), reply);
  }

  @Route(getNextRuns)
  async next(@FromRequest() { params, query }: GivenTo<typeof getNextRuns>): Promise<{ runs: string[] }> {
    return { runs: await this.ledger.nextRuns(params.name, query.count ?? DEFAULT_COUNT) };
  }

  @Route(listRuns)
  runs(@FromRequest() { params, query }: GivenTo<typeof listRuns>): Promise<unknown> {
    return this.ledger.scheduleRuns(params.name, query);
  }

  /** What is not there has no revision: that is told first. */
  private async revision(name: string, ifMatch: string | undefined): Promise<number | undefined> {
    if (ifMatch !== undefined) await this.ledger.schedule(name);
    return revisionIn(ifMatch);
  }
}
