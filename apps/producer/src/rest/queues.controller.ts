import { Controller, Inject } from '@nestjs/common';
import type { Actor, LedgerApi } from '@scutwork/ledger';
import { Caller } from '../auth/principal';
import { LEDGER } from '../ledger/tokens';
import { FromRequest } from '../routes/from-request';
import { type GivenTo, Route, route } from '../routes/route';
import { capBody, cleanBody, queueParams, typeParams } from '../schemas/actions';
import { controlVersion, listOf, queueView, removedCount } from '../schemas/views';

const tag = 'queues';
const ofAQueue = { tag, params: queueParams } as const;
const ofAType = { tag, params: typeParams } as const;
const inForce = { status: 200, says: 'It holds everywhere, and survives restarts', schema: controlVersion } as const;

const listQueues = route({
  method: 'GET',
  path: '/queues',
  role: 'viewer',
  tag,
  summary: 'Every queue with its numbers',
  answer: { status: 200, says: 'The queues', schema: listOf(queueView) },
});

const getQueue = route({
  ...ofAQueue,
  method: 'GET',
  path: '/queues/:queue',
  role: 'viewer',
  summary: 'The numbers of a queue',
  answer: { status: 200, says: 'The queue', schema: queueView },
  problems: { 404: ['queue_not_found'] },
});

const pauseQueue = route({
  ...ofAQueue,
  method: 'POST',
  path: '/queues/:queue/pause',
  role: 'operator',
  summary: 'Start no job of a queue until it is resumed',
  answer: inForce,
  problems: { 422: ['queue_name_invalid'] },
});

const resumeQueue = route({
  ...ofAQueue,
  method: 'POST',
  path: '/queues/:queue/resume',
  role: 'operator',
  summary: 'Start jobs of a queue again',
  answer: inForce,
});

const capQueue = route({
  ...ofAQueue,
  method: 'PUT',
  path: '/queues/:queue/concurrency',
  role: 'operator',
  summary: 'Run at most so many jobs of a queue at a time, in all workers together',
  body: capBody,
  answer: { ...inForce, says: 'It holds at each worker as soon as it knows; what runs is not interrupted' },
});

const uncapQueue = route({
  ...ofAQueue,
  method: 'DELETE',
  path: '/queues/:queue/concurrency',
  role: 'operator',
  summary: 'Let each worker run as many jobs of a queue as it can',
  answer: inForce,
});

const cleanQueue = route({
  ...ofAQueue,
  method: 'POST',
  path: '/queues/:queue/clean',
  role: 'operator',
  summary: 'Remove finished jobs of a queue for good',
  body: cleanBody,
  answer: { status: 200, says: 'They are removed', schema: removedCount },
  problems: { 404: ['queue_not_found'] },
});

const pauseType = route({
  ...ofAType,
  method: 'POST',
  path: '/types/:type/pause',
  role: 'operator',
  summary: 'Start no job of a type until it is resumed',
  answer: inForce,
  problems: { 422: ['job_type_invalid'] },
});

const resumeType = route({
  ...ofAType,
  method: 'POST',
  path: '/types/:type/resume',
  role: 'operator',
  summary: 'Start jobs of a type again',
  answer: inForce,
});

@Controller()
export class QueuesController {
  constructor(@Inject(LEDGER) private readonly ledger: LedgerApi) {}

  @Route(listQueues)
  async list(): Promise<unknown> {
    return { items: await this.ledger.queues() };
  }

  @Route(getQueue)
  get(@FromRequest() { params }: GivenTo<typeof getQueue>): Promise<unknown> {
    return this.ledger.queue(params.queue);
  }

  @Route(pauseQueue)
  pause(@FromRequest() { params }: GivenTo<typeof pauseQueue>, @Caller() caller: Actor): Promise<unknown> {
    return this.ledger.pause({ queue: params.queue }, caller);
  }

  @Route(resumeQueue)
  resume(@FromRequest() { params }: GivenTo<typeof resumeQueue>, @Caller() caller: Actor): Promise<unknown> {
    return this.ledger.resume({ queue: params.queue }, caller);
  }

  @Route(capQueue)
  cap(@FromRequest() { params, body }: GivenTo<typeof capQueue>, @Caller() caller: Actor): Promise<unknown> {
    return this.ledger.cap(params.queue, body.most, caller);
  }

  @Route(uncapQueue)
  uncap(@FromRequest() { params }: GivenTo<typeof uncapQueue>, @Caller() caller: Actor): Promise<unknown> {
    return this.ledger.uncap(params.queue, caller);
  }

  @Route(cleanQueue)
  clean(@FromRequest() { params, body }: GivenTo<typeof cleanQueue>, @Caller() caller: Actor): Promise<unknown> {
    const { state, grace = 0, limit } = body;
    return this.ledger.clean(params.queue, { state, graceMs: grace, limit }, caller);
  }

  @Route(pauseType)
  pauseType(@FromRequest() { params }: GivenTo<typeof pauseType>, @Caller() caller: Actor): Promise<unknown> {
    return this.ledger.pause({ type: params.type }, caller);
  }

  @Route(resumeType)
  resumeType(@FromRequest() { params }: GivenTo<typeof resumeType>, @Caller() caller: Actor): Promise<unknown> {
    return this.ledger.resume({ type: params.type }, caller);
  }
}
