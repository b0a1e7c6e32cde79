import { memoryBroker } from '../broker/memory/memory-broker';
import { resolveClientOptions } from '../client/client-options';
import { messageOf, prepareJob } from '../client/prepare';
import type { AnyJob, InputOf, PayloadOf, ResultOf } from '../contracts/define-job';
import { HEADER } from '../contracts/headers';
import type { JobEvent } from '../contracts/job-events';
import type { IncomingMessage, OutgoingMessage } from '../contracts/message';
import type { JobOptions, RunPolicy } from '../contracts/options';
import type { DeadReason, Failure } from '../contracts/outcome';
import { type Clock, systemClock } from '../lifecycle/clock';
import type { BackoffFunctions } from '../retry/backoff';
import { type RunEnd, decide } from '../retry/decide';
import { type Handler, Handlers } from '../worker/handlers';
import { type Middleware, chain } from '../worker/middleware/chain';
import { type PerformHost, perform } from '../worker/perform';
import { read } from '../worker/read';
import type { Run } from '../worker/run';
import { type WorkerSettings, resolveWorkerOptions } from '../worker/worker-options';
import { type LogLine, valueOf } from './finished-runs';

/** The options of the job, as for `add`, and what else the run depends on. */
export interface RunJobOptions extends JobOptions {
  /** Which attempt it is. Default 1. */
  attempt?: number;
  /** Aborts the handler's signal, as a worker does that must stop. */
  signal?: AbortSignal;
  /** What time-outs go by. Default: the system's clock. */
  clock?: Clock;
  defaults?: Partial<RunPolicy>;
  backoffFunctions?: BackoffFunctions;
  middleware?: Middleware[];
}

/** What the handler said on its way. */
export interface Said {
  logs: LogLine[];
  /** Every value given to `context.progress`. */
  progress: unknown[];
}

/** How a run ended, and what a worker would do about it. */
type End<Result> =
  | { outcome: 'completed'; result: Result }
  /** `error` is what was thrown; the next attempt would start after `delayMs`. */
  | { outcome: 'retrying'; error: unknown; failure: Failure; delayMs: number }
  | { outcome: 'dead'; error: unknown; failure: Failure; reason: DeadReason };

/** What {@link runJob} gives. */
export type HandlerRun<Result = unknown> = Said & End<Result>;

/**
 * Runs one handler once, as a worker would: the payload goes through JSON and its schema, the context is a real one,
 * and the end is judged by the job's own policy. Nothing is published.
 *
 * @throws JobError when payload or options are not valid, as `add` does
 * @example
 * const run = await runJob(Welcome, sendWelcome, { to: 'ada@example.org' }, { attempt: 2 });
 * expect(run).toMatchObject({ outcome: 'completed', logs: [{ message: 'sent' }] });
 */
export async function runJob<J extends AnyJob>(
  job: J,
  handler: Handler<PayloadOf<J>, ResultOf<J>>,
  payload: InputOf<J>,
  options: RunJobOptions = {},
): Promise<HandlerRun<ResultOf<J>>> {
  const settings = settingsFor(job, handler, options);
  const client = resolveClientOptions({ ...settings, jobs: [job] });
  const message = messageOf(await prepareJob(job, payload, options, client), client);
  const run = read(deliveryOf(message, options.attempt ?? 1), placeOf(job), settings);
  const said: Said = { logs: [], progress: [] };
  const stopListening = listen(options.signal, run);
  const end = await perform(
    run,
    hostFor(settings, said, () => options.signal?.aborted && abort(run, options.signal)),
  );
  stopListening();
  if (end.ended === 'withheld') throw new TypeError('Nothing is withheld here');
  // The definition says what its handler returns; JSON has made of it what others get to see.
  return { ...said, ...(ending(end, run, settings) as End<ResultOf<J>>) };
}

function settingsFor<J extends AnyJob>(
  job: J,
  handler: Handler<PayloadOf<J>, ResultOf<J>>,
  options: RunJobOptions,
): WorkerSettings {
  const { clock = systemClock, defaults, backoffFunctions, middleware } = options;
  const handlers = new Handlers();
  handlers.register(job, handler);
  // Never started: it is only asked for by the options.
  const broker = memoryBroker({ clock });
  return resolveWorkerOptions({ broker, handlers, clock, defaults, backoffFunctions, middleware, name: 'test' });
}

const placeOf = (job: AnyJob) =>
  ({ queue: job.queue, priority: job.policy.priority ?? 'normal', suspect: false }) as const;

function deliveryOf(outgoing: OutgoingMessage, attempt: number) {
  const headers = { ...outgoing.headers, ...(attempt > 1 ? { [HEADER.attempt]: attempt } : {}) };
  const message: IncomingMessage = { ...outgoing, queue: '', headers, redelivered: false, deliveryCount: 0 };
  const nothing = (): void => undefined;
  return { message, alive: true, ack: nothing, requeue: nothing, reject: nothing };
}

function hostFor(settings: WorkerSettings, said: Said, onCalled: () => void): PerformHost {
  return {
    worker: settings.name,
    now: () => settings.clock.now(),
    after: (delayMs, action) => settings.clock.after(delayMs, action),
    note: (event) => noteSaid(event, said),
    mayStart: () => true,
    handlerFor: (run) => chain(settings.middleware, run.known?.handle ?? missing),
    onStarted: () => queueMicrotask(onCalled),
    onSignalIgnored: () => undefined,
  };
}

const missing: Handler = () => {
  throw new TypeError('The handler was registered above');
};

function noteSaid(event: JobEvent, said: Said): void {
  if (event.event === 'progressed') said.progress.push(valueOf(event.progress));
  if (event.event === 'logged') {
    said.logs.push({ level: event.level, message: event.message, fields: valueOf(event.fields) });
  }
}

function listen(signal: AbortSignal | undefined, run: Run): () => void {
  const onAbort = (): void => abort(run, signal);
  signal?.addEventListener('abort', onAbort);
  return () => signal?.removeEventListener('abort', onAbort);
}

function abort(run: Run, signal: AbortSignal | undefined): void {
  const reason: unknown = signal?.reason;
  run.attempt?.abort(reason instanceof Error ? reason : new Error(String(reason)));
}

function ending(end: RunEnd, run: Run, settings: WorkerSettings): End<unknown> {
  const outcome = decide(end, run.job.attempt, run.policy, settings);
  const error: unknown = end.ended === 'returned' ? undefined : end.error;
  switch (outcome.kind) {
    case 'completed':
      return { outcome: 'completed', result: valueOf(outcome.result) };
    case 'retry':
      return { outcome: 'retrying', error, failure: outcome.failure, delayMs: outcome.delayMs };
    case 'dead':
      return { outcome: 'dead', error, failure: outcome.failure, reason: outcome.reason };
    case 'expired':
    case 'cancelled':
    case 'deferred':
    case 'suspected':
    case 'returned':
    case 'adopted':
      throw new TypeError(`What was run does not end as ${outcome.kind}`);
  }
}
