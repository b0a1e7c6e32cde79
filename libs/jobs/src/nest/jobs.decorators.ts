import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import type { AnyJob, PayloadOf, ResultOf } from '../contracts/define-job';
import type { HandlerOptions } from '../worker/handlers';
import type { JobRpcContext } from './job-rpc-context';
import { JOBS_TRANSPORT, JOB_HANDLER_METADATA } from './jobs.constants';

/** A method that can handle jobs of the definition `J`. */
export type JobMethod<J extends AnyJob> = (
  payload: PayloadOf<J>,
  context: JobRpcContext,
) => ResultOf<J> | Promise<ResultOf<J>> | Observable<ResultOf<J>>;

/** What travels with the pattern to the transport. */
export interface JobHandlerExtras extends HandlerOptions {
  job?: AnyJob;
}

/**
 * Makes a controller's method the handler of a job type. The payload is checked against the definition's schema before
 * the method is called; a method whose parameters or result do not fit the definition does not compile. Guards, pipes,
 * interceptors and exception filters apply as to any Nest message handler.
 *
 * The method is called with `(payload, context)`; `@Payload()` and `@Ctx()` may be written, and need not be.
 *
 * @example
 * \@Controller()
 * export class WelcomeHandler {
 *   \@JobHandler(Welcome, { concurrency: 2 })
 *   async welcome(payload: PayloadOf<typeof Welcome>, context: JobContext) {
 *     return { messageId: await this.mailer.send(payload) };
 *   }
 * }
 */
export function JobHandler<J extends AnyJob>(job: J, options: HandlerOptions = {}) {
  return <M extends JobMethod<J>>(
    target: object,
    method: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): void => {
    const extras: JobHandlerExtras = { ...options, job };
    passBothParameters(target, method);
    EventPattern(job.type, JOBS_TRANSPORT, extras)(target, method, descriptor);
    if (descriptor.value) Reflect.defineMetadata(JOB_HANDLER_METADATA, job, descriptor.value);
  };
}

/** Without parameter decorators Nest passes the payload alone. Parameter decorators have run before those of the method. */
function passBothParameters(target: object, method: string | symbol): void {
  if (Reflect.getOwnMetadataKeys(target.constructor, method).length > 0) return;
  Payload()(target, method, 0);
  Ctx()(target, method, 1);
}
