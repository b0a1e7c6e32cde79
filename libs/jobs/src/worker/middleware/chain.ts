import type { JobContext } from '../context';
import type { Handler } from '../handlers';

/** Runs around a handler: before `next()`, after it, or instead of it. What it returns is the job's result. */
export type Middleware = (payload: unknown, context: JobContext, next: () => Promise<unknown>) => Promise<unknown>;

/** The handler with all middleware around it, the first outermost. Without middleware it is the handler itself. */
export function chain(middleware: readonly Middleware[], handle: Handler): Handler {
  return middleware.reduceRight<Handler>(
    (inner, around) => (payload, context) => around(payload, context, async () => inner(payload, context)),
    handle,
  );
}
