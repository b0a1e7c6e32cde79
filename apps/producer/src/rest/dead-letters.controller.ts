import { Controller, Inject } from '@nestjs/common';
import { type Actor, type JobView, type LedgerApi, LedgerError } from '@scutwork/ledger';
import { Caller } from '../auth/principal';
import { LEDGER } from '../ledger/tokens';
import { FromRequest } from '../routes/from-request';
import { type GivenTo, Route, route } from '../routes/route';
import { discardBody, jobParams, redriveBody, retryBody } from '../schemas/actions';
import { deadGroupsQuery, deadQuery } from '../schemas/job-filter';
import { bulkBegun, deadGroup, jobSummary, jobView, listOf, pageOf } from '../schemas/views';
import { changesIn } from './job-actions.controller';
import { queryOf } from './query-of';

const tag = 'dead letters';

const listDead = route({
  method: 'GET',
  path: '/dead-letters',
  role: 'viewer',
  tag,
  summary: 'Find dead letters',
  query: deadQuery,
  answer: { status: 200, says: 'A page of dead jobs', schema: pageOf(jobSummary) },
  problems: { 400: ['filter_invalid', 'cursor_invalid'], 422: ['query_too_broad'] },
});

const groupDead = route({
  method: 'GET',
  path: '/dead-letters/groups',
  role: 'viewer',
  tag,
  summary: 'Dead letters, grouped by errors that are alike',
  query: deadGroupsQuery,
  answer: { status: 200, says: 'The groups, the largest first', schema: listOf(deadGroup) },
  problems: { 400: ['filter_invalid'] },
});

const getDead = route({
  method: 'GET',
  path: '/dead-letters/:id',
  role: 'viewer',
  tag,
  summary: 'A dead letter with its payload, error and attempts',
  params: jobParams,
  answer: { status: 200, says: 'The job', schema: jobView },
  problems: { 404: ['job_not_found'] },
});

const redriveOne = route({
  method: 'POST',
  path: '/dead-letters/:id/redrive',
  role: 'operator',
  tag,
  summary: 'Run a dead letter again, with another payload if given',
  params: jobParams,
  body: retryBody,
  bodyOptional: true,
  answer: { status: 200, says: 'The job as it is now', schema: jobView },
  problems: { 404: ['job_not_found'], 409: ['key_taken', 'payload_unknown'], 422: ['payload_invalid'] },
});

const redriveMany = route({
  method: 'POST',
  path: '/dead-letters/redrive',
  role: 'operator',
  tag,
  summary: 'Run all dead letters again that match a filter',
  body: redriveBody,
  answer: bulkBegun,
  problems: { 422: ['filter_invalid'] },
});

const discardOne = route({
  method: 'DELETE',
  path: '/dead-letters/:id',
  role: 'operator',
  tag,
  summary: 'Discard a dead letter',
  params: jobParams,
  answer: { status: 204, says: 'It is gone' },
  problems: { 404: ['job_not_found'] },
});

const discardMany = route({
  method: 'POST',
  path: '/dead-letters/discard',
  role: 'operator',
  tag,
  summary: 'Discard all dead letters that match a filter',
  body: discardBody,
  answer: bulkBegun,
  problems: { 422: ['filter_invalid'] },
});

@Controller()
export class DeadLettersController {
  constructor(@Inject(LEDGER) private readonly ledger: LedgerApi) {}

  @Route(listDead)
  list(@FromRequest() { query }: GivenTo<typeof listDead>): Promise<unknown> {
    return this.ledger.jobs(queryOf({ ...query, state: 'dead' }));
  }

  @Route(groupDead)
  async groups(@FromRequest() { query }: GivenTo<typeof groupDead>): Promise<unknown> {
    return { items: await this.ledger.deadGroups(query) };
  }

  @Route(getDead)
  get(@FromRequest() { params }: GivenTo<typeof getDead>): Promise<JobView> {
    return this.deadLetter(params.id);
  }

  @Route(redriveOne)
  async redrive(
    @FromRequest() { params, body }: GivenTo<typeof redriveOne>,
    @Caller() caller: Actor,
  ): Promise<unknown> {
    const { id } = await this.deadLetter(params.id);
    return this.ledger.retry(id, caller, changesIn(body));
  }

  @Route(redriveMany)
  redriveMany(@FromRequest() { body }: GivenTo<typeof redriveMany>, @Caller() caller: Actor): Promise<unknown> {
    return this.ledger.bulk('redrive', body.filter, caller, changesIn(body));
  }

  @Route(discardOne)
  async discard(@FromRequest() { params }: GivenTo<typeof discardOne>, @Caller() caller: Actor): Promise<void> {
    const { id } = await this.deadLetter(params.id);
    await this.ledger.remove(id, caller);
  }

  @Route(discardMany)
  discardMany(@FromRequest() { body }: GivenTo<typeof discardMany>, @Caller() caller: Actor): Promise<unknown> {
    return this.ledger.bulk('discard', body.filter, caller);
  }

  private async deadLetter(id: string): Promise<JobView> {
    const job = await this.ledger.job(id);
    if (job.state === 'dead') return job;
    throw new LedgerError('job_not_found', `No dead letter has this id: the job is ${job.state}`, {
      field: 'id',
      hint: `GET /api/v1/jobs/${encodeURIComponent(id)} shows it.`,
    });
  }
}
