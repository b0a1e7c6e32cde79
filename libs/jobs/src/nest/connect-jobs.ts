import type {
  CanActivate,
  ExceptionFilter,
  INestApplication,
  INestMicroservice,
  NestInterceptor,
  PipeTransform,
} from '@nestjs/common';
import { JobErrorsFilter, JobErrorsWitness } from './job-errors';
import { JobServer } from './job-server';

export interface ConnectJobsOptions {
  /**
   * Whether the app's global guards, pipes, interceptors and filters apply to jobs as well. Default false, as Nest has
   * it for hybrid apps: an HTTP guard that wants a token would refuse every job.
   */
  inheritAppConfig?: boolean;
  /** Global for jobs alone, in the order in which Nest would take them. */
  guards?: CanActivate[];
  pipes?: PipeTransform[];
  interceptors?: NestInterceptor[];
  filters?: ExceptionFilter[];
}

/** What Nest's microservice has beyond its interface, in 11 and 12 alike. */
interface Deferred extends INestMicroservice {
  registerListeners(): void;
  setIsInitialized(isInitialized: boolean): void;
  setIsInitHookCalled(isInitHookCalled: boolean): void;
}

/**
 * Connects the job handlers of a Nest application. They run after `app.startAllMicroservices()`.
 *
 * It sees to it that what a handler, guard, pipe or interceptor throws reaches the worker as it was thrown, unless an
 * exception filter of yours takes it: a filter that returns `throwError(...)` replaces the error, one that returns
 * `of(x)` or `EMPTY` completes the job. HTTP errors of the app are not touched. With a bare
 * `app.connectMicroservice({ strategy: app.get(JobServer) })` Nest turns every error into
 * `{ status: 'error', message: 'Internal server error' }`: `UnrecoverableError` and `RetryAfterError` would have no
 * effect, and no stack would be recorded.
 *
 * @throws ConfigurationError for handlers with the same pattern, or a pattern that is no job type
 * @example
 * const app = await NestFactory.create(AppModule);
 * connectJobs(app);
 * await app.startAllMicroservices();
 */
export function connectJobs(app: INestApplication, options: ConnectJobsOptions = {}): INestMicroservice {
  const { inheritAppConfig = false, guards = [], pipes = [], interceptors = [], filters = [] } = options;
  const strategy = app.get(JobServer, { strict: false });
  // Deferred because Nest reads the global filters while it registers the handlers: ours must be there before.
  const hybrid = { inheritAppConfig, deferInitialization: true };
  const microservice = app.connectMicroservice({ strategy }, hybrid) as Deferred;
  microservice.useGlobalFilters(inheritAppConfig ? new JobErrorsWitness() : new JobErrorsFilter(), ...filters);
  microservice
    .useGlobalGuards(...guards)
    .useGlobalPipes(...pipes)
    .useGlobalInterceptors(...interceptors);
  // What connectMicroservice does when it does not defer. Left to itself, a deferred microservice would run the init
  // hooks of every provider a second time.
  microservice.registerListeners();
  microservice.setIsInitialized(true);
  microservice.setIsInitHookCalled(true);
  return microservice;
}
