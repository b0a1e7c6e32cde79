import { Body, Controller, HttpCode, Inject, Post, Res } from '@nestjs/common';
import { type AddedJob, type Broker, JobsClient, type NotAdded } from '@scutwork/jobs';
import { JOBS_BROKER } from '@scutwork/jobs/nest';
import { RequestProblem } from '../problems/problem';
import { BatchRequest, JobRequest, batchRequest, jobRequest } from './job-request';
import { BROKER_DEADLINE_MS } from './limits';
import { RequestBody } from './request-body.pipe';
import { whenConnected } from './when-connected';

interface Reply {
  code(status: number): unknown;
}

@Controller('api/v1/jobs')
export class JobsController {
  constructor(
    private readonly client: JobsClient,
    @Inject(JOBS_BROKER) private readonly broker: Broker,
  ) {}

  /** 202 when the broker has taken the job; 503 when it did not; 504 when nobody can tell: repeat with the same id. */
  @Post()
  @HttpCode(202)
  add(@Body(new RequestBody(jobRequest)) { type, payload, options }: JobRequest): Promise<AddedJob> {
    return this.client.addNamed(type, payload, options);
  }

  /** 202 when all were taken, 207 when some were not, 503 when none was. A mistake in one refuses all, unpublished. */
  @Post('batch')
  @HttpCode(202)
  async addMany(
    @Body(new RequestBody(batchRequest)) { jobs }: BatchRequest,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<unknown> {
    // Each thousand would otherwise wait for its own deadline.
    await whenConnected(this.broker, BROKER_DEADLINE_MS);
    const { ids, failures } = await this.client.addManyNamed(jobs);
    const refused = failures.map(failureOf);
    if (refused.length === jobs.length) throw noneAccepted(ids, refused);
    if (refused.length > 0) reply.code(207);
    return { ids, failures: refused };
  }
}

interface BatchFailure {
  index: number;
  id: string;
  outcome: 'refused' | 'unknown';
  code: string;
  detail: string;
  hint: string | undefined;
}

function failureOf({ index, error }: NotAdded): BatchFailure {
  return { index, id: error.jobId, outcome: error.outcome, code: error.code, detail: error.message, hint: error.hint };
}

function noneAccepted(ids: string[], failures: BatchFailure[]): RequestProblem {
  const unknown = failures.some(({ outcome }) => outcome === 'unknown');
  const [first] = failures;
  return new RequestProblem(
    unknown ? 504 : 503,
    first?.code ?? 'publish_nacked',
    `None of the ${ids.length} jobs was accepted: ${first?.detail ?? ''}`,
    {
      hint: first?.hint,
      ids,
      failures,
    },
  );
}
