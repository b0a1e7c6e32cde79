import { Controller, Inject } from '@nestjs/common';
import type { Actor, LedgerApi } from '@scutwork/ledger';
import { Caller } from '../auth/principal';
import { LEDGER } from '../ledger/tokens';
import { FromRequest } from '../routes/from-request';
import { type GivenTo, Route, route } from '../routes/route';
import { jobParams, priorityBody, rescheduleBody, retryBody } from '../schemas/actions';
import { jobView } from '../schemas/views';
import { putOffOf } from './put-off';

const ofAJob = { role: 'operator', tag: 'jobs', params: jobParams } as const;
const answer = (says: string) => ({ status: 200, says, schema: jobView }) as const;

const cancelJob = route({
  ...ofAJob,
  method: 'POST',
  path: '/jobs/:id/cancel',
  summary: 'Cancel a job: `cancelling` until it is certain that it cannot start any more, then `cancelled`',
  answer: answer('The job as it is now'),
  problems: { 404: ['job_not_found'], 409: ['job_finished'] },
});

const retryJob = route({
  ...ofAJob,
  method: 'POST',
  path: '/jobs/:id/retry',
  summary: 'Run a dead, cancelled or expired job again, from its first attempt',
  body: retryBody,
  bodyOptional: true,
  answer: answer('The job as it is now'),
  problems: {
    404: ['job_not_found'],
    409: ['job_not_finished', 'key_taken', 'payload_unknown'],
    422: ['payload_invalid'],
  },
});

const promoteJob = route({
  ...ofAJob,
  method: 'POST',
  path: '/jobs/:id/promote',
  summary: 'Run a delayed job now',
  answer: answer('The job as it is now'),
  problems: { 404: ['job_not_found'], 409: ['job_finished', 'job_not_delayed', 'job_running'] },
});

const rescheduleJob = route({
  ...ofAJob,
  method: 'POST',
  path: '/jobs/:id/reschedule',
  summary: 'Run a job at another time',
  body: rescheduleBody,
  answer: answer('The job as it is now'),
  problems: { 404: ['job_not_found'], 409: ['job_finished', 'job_running'] },
});

const prioritizeJob = route({
  ...ofAJob,
  method: 'POST',
  path: '/jobs/:id/priority',
  summary: 'Give a job another priority',
  body: priorityBody,
  answer: answer('The job as it is now'),
  problems: { 404: ['job_not_found'], 409: ['job_finished', 'job_running'] },
});

const removeJob = route({
  ...ofAJob,
  method: 'DELETE',
  path: '/jobs/:id',
  summary: 'Remove a finished job for good',
  answer: { status: 204, says: 'It is removed' },
  problems: { 404: ['job_not_found'], 409: ['job_not_finished'] },
});

@Controller()
export class JobActionsController {
  constructor(@Inject(LEDGER) private readonly ledger: LedgerApi) {}

  @Route(cancelJob)
  cancel(@FromRequest() { params }: GivenTo<typeof cancelJob>, @Caller() caller: Actor): Promise<unknown> {
    return this.ledger.cancel(params.id, caller);
  }

  @Route(retryJob)
  retry(@FromRequest() { params, body }: GivenTo<typeof retryJob>, @Caller() caller: Actor): Promise<unknown> {
    return this.ledger.retry(params.id, caller, changesIn(body));
  }

  @Route(promoteJob)
  promote(@FromRequest() { params }: GivenTo<typeof promoteJob>, @Caller() caller: Actor): Promise<unknown> {
    return this.ledger.promote(params.id, caller);
  }

  @Route(rescheduleJob)
  reschedule(
    @FromRequest() { params, body }: GivenTo<typeof rescheduleJob>,
    @Caller() caller: Actor,
  ): Promise<unknown> {
    return this.ledger.reschedule(params.id, putOffOf(body), caller);
  }

  @Route(prioritizeJob)
  prioritize(
    @FromRequest() { params, body }: GivenTo<typeof prioritizeJob>,
    @Caller() caller: Actor,
  ): Promise<unknown> {
    return this.ledger.setPriority(params.id, body.priority, caller);
  }

  @Route(removeJob)
  remove(@FromRequest() { params }: GivenTo<typeof removeJob>, @Caller() caller: Actor): Promise<void> {
    return this.ledger.remove(params.id, caller);
  }
}

/** Nothing to change is not a change to nothing: the payload stays. */
export function changesIn({ payload }: { payload?: unknown }): { payload?: unknown } | undefined {
  return payload === undefined ? undefined : { payload };
}
