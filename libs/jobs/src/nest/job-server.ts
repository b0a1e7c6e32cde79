import { CustomTransportStrategy, MessageHandler, Server } from '@nestjs/microservices';
import { Observable, isObservable, lastValueFrom, takeUntil } from 'rxjs';
import type { Broker } from '../broker/broker';
import { ConfigurationError } from '../contracts/errors';
import type { EventName, ScutworkEvent } from '../contracts/job-events';
import { jobTypeFault } from '../contracts/job-type';
import type { EventBus } from '../events/event-bus';
import type { JobContext } from '../worker/context';
import type { QueueOptions, WorkerOptions } from '../worker/worker-options';
import { Worker } from '../worker/worker';
import { withOwnErrors } from './job-errors';
import { JobRpcContext } from './job-rpc-context';
import { JOBS_TRANSPORT } from './jobs.constants';
import type { JobHandlerExtras } from './jobs.decorators';
import type { JobsRegistry } from './jobs.registry';

type EventsMap = { [N in EventName]: (event: Extract<ScutworkEvent, { event: N }>) => void };

export interface JobServerOptions {
  broker: Broker;
  events: EventBus;
  registry: JobsRegistry;
  autoStart: boolean;
  shutdownDeadlineMs: number;
  worker: Omit<WorkerOptions, 'handlers' | 'broker' | 'events'>;
}

/**
 * Nest's transport for jobs: the handlers of `@JobHandler` and `@EventPattern` in controllers, and those of
 * `JobsRegistry.registerHandler`, run by one {@link Worker}.
 */
export class JobServer extends Server<EventsMap> implements CustomTransportStrategy {
  override readonly transportId = JOBS_TRANSPORT;
  /** Tells Nest 12 that failures reach the transport, so that it does not log them as well. */
  readonly propagatesEventHandlerErrors = true;
  private current: Worker | undefined;

  constructor(private readonly options: JobServerOptions) {
    super();
  }

  /** The worker behind this transport; undefined until it listens. */
  get worker(): Worker | undefined {
    return this.current;
  }

  /** Called by Nest for each decorated method. @throws ConfigurationError for a pattern that is no job type, or has a handler */
  override addHandler(
    pattern: unknown,
    handler: MessageHandler,
    isEventHandler = false,
    extras: JobHandlerExtras = {},
  ): void {
    // A handler that must reply belongs to another transport: jobs have results, not replies.
    if (!isEventHandler) return;
    const fault = jobTypeFault(pattern);
    if (fault) {
      throw new ConfigurationError(
        'job_type_invalid',
        `The pattern ${JSON.stringify(pattern)} is no job type: ${fault}`,
        {
          field: String(pattern),
          hint: 'If it is for another transport, name that transport: @EventPattern(pattern, Transport.TCP).',
        },
      );
    }
    const handle = (payload: unknown, context: JobContext) => this.handle(handler, payload, context);
    const { job, concurrency } = extras;
    if (job) this.options.registry.registerHandler(job, handle, { concurrency });
    else this.options.registry.registerHandler(pattern as string, handle, { concurrency });
    super.addHandler(pattern, handler, isEventHandler, extras);
  }

  /** Called by Nest: starts the worker, and calls back when it consumes. A broker that is away is waited for. */
  listen(callback: (error?: unknown) => void): void {
    this.begin().then(() => callback(), callback);
  }

  /** For `autoStart: false`: starts the worker that `listen` has prepared. */
  async start(): Promise<void> {
    await this.current?.start();
  }

  /** Stop taking jobs, let those that run end until the deadline, hand the rest back. Twice is harmless. */
  async close(): Promise<void> {
    await this.current?.stop({ deadlineMs: this.options.shutdownDeadlineMs });
  }

  /** Listens to an event of this process, as `EventBus.on` does. */
  on<N extends EventName>(event: N, listener: EventsMap[N]): void {
    this.options.events.on(event, listener);
  }

  /** The {@link Worker}. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as Nest's servers have it
  unwrap<T = Worker>(): T {
    return this.current as T;
  }

  private async begin(): Promise<void> {
    const worker = await this.prepare();
    if (!this.options.autoStart) return;
    try {
      await worker.start();
    } catch (error) {
      // Stopped while it waited for the broker: that is no failure to start.
      if (worker.state !== 'stopping' && worker.state !== 'stopped') throw error;
    }
  }

  private async prepare(): Promise<Worker> {
    const { registry, broker, events, worker } = this.options;
    registry.seal();
    refuseIdleQueues(worker.queues ?? {}, registry.handlers.queues());
    this.current ??= new Worker({ ...worker, broker, events, handlers: registry.handlers });
    broker.onState((state) => this._status$.next(state.name));
    return this.current;
  }

  private handle(handler: MessageHandler, payload: unknown, job: JobContext): Promise<unknown> {
    const context = new JobRpcContext(job);
    const run = () => withOwnErrors(() => this.call(handler, payload, context));
    // The hook decides when it begins, and in which asynchronous context: tracing hangs on it.
    return new Promise((resolve) => {
      this.onProcessingStartHook(this.transportId, context, async () => resolve(run()));
    });
  }

  private async call(handler: MessageHandler, payload: unknown, context: JobRpcContext): Promise<unknown> {
    try {
      const returned: unknown = await handler(payload, context);
      return isObservable(returned) ? await lastOf(returned, context.signal) : returned;
    } finally {
      // Nest declares it as always there; it is set where tracing is on.
      const onEnd = this.onProcessingEndHook as JobServer['onProcessingEndHook'] | undefined;
      onEnd?.(this.transportId, context);
    }
  }
}

/** The last value is the result. An attempt whose time is over unsubscribes, so that its stream can clean up. */
function lastOf(values: Observable<unknown>, signal: AbortSignal): Promise<unknown> {
  const aborted = new Observable<never>((subscriber) => {
    const abort = () => subscriber.error(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    return () => signal.removeEventListener('abort', abort);
  });
  return lastValueFrom(values.pipe(takeUntil(aborted)), { defaultValue: undefined });
}

/** A queue that is configured and has no handler is a slip of the pen: its jobs would all wait for another worker. */
function refuseIdleQueues(configured: Record<string, QueueOptions>, handled: readonly string[]): void {
  const idle = Object.keys(configured).filter((queue) => !handled.includes(queue));
  if (idle.length === 0) return;
  throw new ConfigurationError(
    'handler_missing',
    `No handler is registered for a job type of the queue ${idle.map((q) => `"${q}"`).join(', ')}`,
    {
      field: `queues.${idle[0]}`,
      hint: `Correct the name or remove the queue. Queues with handlers: ${handled.join(', ') || 'none'}.`,
    },
  );
}
