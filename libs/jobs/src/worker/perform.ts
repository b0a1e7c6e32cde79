import { JobError, TimeoutError } from '../contracts/errors';
import { validatePayload } from '../contracts/validate';
import type { RunEnd } from '../retry/decide';
import { Attempt, type AttemptHost } from './attempt';
import type { Handler } from './handlers';
import { unwrapPacket } from './packet';
import type { Run } from './run';

/** How long a handler may go on after its signal was aborted before it is reported. */
const IGNORED_AFTER_MS = 5_000;

export interface PerformHost extends AttemptHost {
  /** The handler with the middleware around it. */
  handlerFor(run: Run): Handler;
  /** Asked right before the handler is called: validating a payload may have taken its time. */
  mayStart(run: Run): boolean;
  onStarted(run: Run): void;
  onSignalIgnored(run: Run, runningMs: number): void;
}

/** `withheld`: it may not be started any more, and was not. */
export type Performance = RunEnd | { ended: 'withheld' };

/**
 * Validates the payload and calls the handler under its timeout. Never throws: how it ended is the result. A handler
 * that returns at once costs no timer and no signal.
 */
export async function perform(run: Run, host: PerformHost): Promise<Performance> {
  try {
    const payload: unknown = await payloadOf(run);
    if (!host.mayStart(run)) return { ended: 'withheld' };
    run.startedAt = host.now();
    host.onStarted(run);
    const attempt = new Attempt(run, host);
    run.attempt = attempt;
    const returned: unknown = host.handlerFor(run)(payload, attempt);
    const value: unknown = returned instanceof Promise ? await underTimeout(returned, attempt, run, host) : returned;
    return { ended: 'returned', value };
  } catch (error) {
    return { ended: run.startedAt === undefined && isRefusal(error) ? 'refused' : 'threw', error };
  } finally {
    run.ended = true;
  }
}

/** @throws JobError `payload_invalid` */
function payloadOf(run: Run): unknown {
  const payload = unwrapPacket(parse(run), run.job.type);
  const definition = run.known?.definition;
  return definition ? validatePayload(definition.schema, payload, run.job.type) : payload;
}

function parse(run: Run): unknown {
  try {
    return JSON.parse(run.message.body.toString());
  } catch (cause) {
    throw new JobError('payload_invalid', `The body of this ${run.job.type} message is not JSON`, {
      field: 'payload',
      hint: 'Publish the payload as JSON, and nothing else, as the body.',
      cause,
    });
  }
}

/** A handler may add a job itself and be told the same of its payload: that is a failure of this attempt like any other. */
function isRefusal(error: unknown): boolean {
  return error instanceof JobError && error.code === 'payload_invalid';
}

/** The attempt fails at its timeout, whether or not the handler heeds its signal: the slot is freed. */
function underTimeout(returned: Promise<unknown>, attempt: Attempt, run: Run, host: PerformHost): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let forgive: (() => void) | undefined;
    attempt.watch(() => {
      reject(new TimeoutError(run.policy.timeoutMs));
      forgive = host.after(IGNORED_AFTER_MS, () => {
        host.onSignalIgnored(run, host.now() - (run.startedAt ?? host.now()));
      });
    });
    const end = (): void => {
      forgive?.();
      attempt.unwatch();
    };
    returned.then(
      (value) => (end(), resolve(value)),
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a handler may throw anything
      (error: unknown) => (end(), reject(error)),
    );
  });
}
