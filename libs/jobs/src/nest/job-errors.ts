import { ArgumentsHost, Catch, RpcExceptionFilter } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import { Observable, throwError } from 'rxjs';

/**
 * Hands an error that no filter of yours took to the worker as it was thrown. Without it Nest replaces every error of a
 * message handler by `{ status: 'error', message: 'Internal server error' }`: retry decisions would see neither its
 * class nor its stack. `connectJobs` installs it; a pure microservice does it by itself:
 *
 * @example app.useGlobalFilters(new JobErrorsFilter());
 */
@Catch()
export class JobErrorsFilter implements RpcExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}

interface Run {
  error?: unknown;
}

const currentRun = new AsyncLocalStorage<Run>();

/**
 * Matches nothing. Nest asks `error instanceof` of each filter in turn, and this answer remembers the error of the
 * running job on its way. Outside of jobs it does nothing at all.
 */
class AnErrorPassingBy extends Error {
  static override [Symbol.hasInstance](error: unknown): boolean {
    const run = currentRun.getStore();
    if (run) run.error = error;
    return false;
  }
}

/**
 * For an app whose global filters apply to jobs as well (`inheritAppConfig`): a catch-all there would come before the
 * filters of the app and change its HTTP errors. This one takes nothing and lets the transport find the error behind
 * Nest's default answer.
 */
@Catch(AnErrorPassingBy)
export class JobErrorsWitness implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/** Runs a handler; what it throws is what was thrown in it, also behind Nest's default answer. */
export async function withOwnErrors<T>(handle: () => Promise<T>): Promise<T> {
  const run: Run = {};
  try {
    return await currentRun.run(run, handle);
  } catch (error) {
    throw 'error' in run && isDefaultAnswer(error) ? run.error : error;
  }
}

/** What Nest's BaseRpcExceptionFilter makes of an error. */
function isDefaultAnswer(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    !(error instanceof Error) &&
    'status' in error &&
    error.status === 'error'
  );
}
