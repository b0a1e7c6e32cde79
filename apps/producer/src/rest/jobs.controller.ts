import { Controller, Inject } from '@nestjs/common';
import type { Actor, LedgerApi, SubmittedJob } from '@scutwork/ledger';
import { Caller } from '../auth/principal';
import { SubmissionsTrail } from '../auth/submissions-trail';
import { submitOne } from '../ledger/submit-one';
import { LEDGER } from '../ledger/tokens';
import { FromRequest } from '../routes/from-request';
import { type GivenTo, Route, route } from '../routes/route';
import { jobParams } from '../schemas/actions';
import { countQuery, jobQuery, pageQuery } from '../schemas/job-filter';
import { batchRequest, jobRequest } from '../schemas/job-request';
import {
  attempt,
  jobCount,
  jobSummary,
  jobView,
  listOf,
  logLine,
  pageOf,
  submittedBatch,
  submittedJob,
} from '../schemas/views';
import { queryOf } from './query-of';

const tag = 'jobs';

const addJob = route({
  method: 'POST',
  path: '/jobs',
  role: 'operator',
  tag,
  summary: 'Add a job',
  body: jobRequest,
  answer: { status: 202, says: 'It is recorded, and will be published', schema: submittedJob },
  problems: { 413: ['payload_too_large'], 422: ['payload_invalid', 'type_unknown', 'delay_invalid', 'unique_invalid'] },
});

const addJobs = route({
  method: 'POST',
  path: '/jobs/batch',
  role: 'operator',
  tag,
  summary: 'Add many jobs: all, or with a mistake in one, none',
  body: batchRequest,
  answer: { status: 202, says: 'All are recorded; the ids in the order of the jobs', schema: submittedBatch },
  problems: { 413: ['payload_too_large', 'body_too_large'], 422: ['payload_invalid', 'type_unknown'] },
});

const listJobs = route({
  method: 'GET',
  path: '/jobs',
  role: 'viewer',
  tag,
  summary: 'Find jobs',
  query: jobQuery,
  answer: { status: 200, says: 'A page of jobs for which every filter holds', schema: pageOf(jobSummary) },
  problems: { 400: ['filter_invalid', 'cursor_invalid'], 422: ['query_too_broad'] },
});

const countJobs = route({
  method: 'GET',
  path: '/jobs/count',
  role: 'viewer',
  tag,
  summary: 'How many jobs there are for which every filter holds',
  query: countQuery,
  answer: { status: 200, says: 'Their number', schema: jobCount },
  problems: { 400: ['filter_invalid'], 422: ['query_too_broad'] },
});

const getJob = route({
  method: 'GET',
  path: '/jobs/:id',
  role: 'viewer',
  tag,
  summary: 'Everything that is known of a job',
  params: jobParams,
  answer: { status: 200, says: 'The job', schema: jobView },
  problems: { 404: ['job_not_found'] },
});

const getAttempts = route({
  method: 'GET',
  path: '/jobs/:id/attempts',
  role: 'viewer',
  tag,
  summary: 'How often a job was run, and how that ended',
  params: jobParams,
  answer: { status: 200, says: 'Its attempts, the first one first', schema: listOf(attempt) },
  problems: { 404: ['job_not_found'] },
});

const getLogs = route({
  method: 'GET',
  path: '/jobs/:id/logs',
  role: 'viewer',
  tag,
  summary: 'What the handler of a job has logged',
  params: jobParams,
  query: pageQuery,
  answer: { status: 200, says: 'A page of its log, the oldest line first', schema: pageOf(logLine) },
  problems: { 400: ['cursor_invalid'], 404: ['job_not_found'] },
});

@Controller()
export class JobsController {
  constructor(
    @Inject(LEDGER) private readonly ledger: LedgerApi,
    private readonly trail: SubmissionsTrail,
  ) {}

  @Route(addJob)
  async add(@FromRequest() { body }: GivenTo<typeof addJob>, @Caller() caller: Actor): Promise<SubmittedJob> {
    const job = await submitOne(this.ledger, body);
    this.trail.note(caller, [job]);
    return job;
  }

  @Route(addJobs)
  async addMany(@FromRequest() { body }: GivenTo<typeof addJobs>, @Caller() caller: Actor): Promise<unknown> {
    const jobs = await this.ledger.submit(body.jobs);
    this.trail.note(caller, jobs);
    return { ids: jobs.map(({ id }) => id), duplicates: jobs.flatMap(({ duplicate }, i) => (duplicate ? [i] : [])) };
  }

  @Route(listJobs)
  list(@FromRequest() { query }: GivenTo<typeof listJobs>): Promise<unknown> {
    return this.ledger.jobs(queryOf(query));
  }

  @Route(countJobs)
  count(@FromRequest() { query }: GivenTo<typeof countJobs>): Promise<unknown> {
    return this.ledger.count(query);
  }

  @Route(getJob)
  get(@FromRequest() { params }: GivenTo<typeof getJob>): Promise<unknown> {
    return this.ledger.job(params.id);
  }

  @Route(getAttempts)
  async attempts(@FromRequest() { params }: GivenTo<typeof getAttempts>): Promise<unknown> {
    const { attempts } = await this.ledger.job(params.id);
    return { items: attempts };
  }

  @Route(getLogs)
  logs(@FromRequest() { params, query }: GivenTo<typeof getLogs>): Promise<unknown> {
    return this.ledger.logs(params.id, query);
  }
}
