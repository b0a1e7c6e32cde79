import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Broker } from '../broker/broker';
import type { JobsClientOptions } from '../client/client-options';
import type { Schedule } from '../scheduling/define-schedule';
import type { EventBus } from '../events/event-bus';
import type { WorkerOptions } from '../worker/worker-options';

type OfWorker = Omit<WorkerOptions, 'broker' | 'handlers' | 'names' | 'events'>;
type OfClient = Pick<JobsClientOptions, 'jobs' | 'declare' | 'maxPayloadBytes' | 'appId' | 'publisher'>;

/** Options of `JobsModule.forRoot`: where the broker is, and whatever a client or a worker takes. */
export interface JobsModuleOptions extends OfWorker, OfClient {
  /** A broker made by yourself, e.g. `memoryBroker()` in tests. In place of `urls`. */
  broker?: Broker;
  /** AMQP addresses of the broker's nodes. Default `amqp://127.0.0.1:5672`. */
  urls?: string | readonly string[];
  /** First words of every exchange and queue. Default `jobs`. */
  prefix?: string;
  /** Whether client and worker start by themselves. Default true; else call `JobsOrchestrator.start()`. */
  autoStart?: boolean;
  /** How long running jobs may take to end when the app shuts down, in milliseconds. Default 30,000. */
  shutdownDeadlineMs?: number;
  /** A bus of your own for the events. Default: a new one, injected as `EventBus`. */
  events?: EventBus;
  /** Schedules of this application, beside those at `@Scheduled()`. They are made known to the ledger when it starts. */
  schedules?: readonly Schedule[];
  /** False makes no schedule known, whatever is declared. Default true. */
  recurring?: boolean;
  /** Where log lines go. Default a pino logger that writes JSON to stdout; false writes none. */
  log?: Logger | false;
}

/** Options of `JobsModule.forRootAsync`. */
export interface JobsModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  inject?: (InjectionToken | OptionalFactoryDependency)[];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as Nest has it: the tokens in `inject` decide the types
  useFactory: (...dependencies: any[]) => JobsModuleOptions | Promise<JobsModuleOptions>;
}
