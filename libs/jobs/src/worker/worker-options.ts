import { ConfigurationError } from '../contracts/errors';
import { type PublisherKeys, checkPublisherKeys } from '../contracts/signature';
import { DEFAULT_RUN_POLICY, type RunPolicy } from '../contracts/options';
import type { Broker } from '../broker/broker';
import { type EventSink, silentEvents } from '../events/event-bus';
import { type Clock, type Random, systemClock } from '../lifecycle/clock';
import type { BackoffFunctions } from '../retry/backoff';
import { FarDelays } from '../topology/far-delays';
import { type Names, namesFor } from '../topology/names';
import type { QueueType } from '../topology/plan';
import type { Handlers } from './handlers';
import type { Middleware } from './middleware/chain';
import { workerName } from './worker-name';

/** How one queue is worked. */
export interface QueueOptions {
  /** Most jobs of the queue that run at a time in this worker, 1 to 2000. Default 5. For more start another worker. */
  concurrency?: number;
  /**
   * Most messages of one level held unsettled, running ones included, 1 to 2000. Default twice the concurrency: more
   * only helps jobs of microseconds, and what is held here no other worker can run.
   */
  prefetch?: number;
  /** `strict` (default): lower levels wait as long as higher work comes. `weighted`: every `weight`-th start is the lowest's. */
  mode?: 'strict' | 'weighted';
  /** For `weighted`: 2 or more. Default 10. */
  weight?: number;
}

export interface WorkerOptions {
  broker: Broker;
  handlers: Handlers;
  /** By queue name. Queues that have handlers and are not named here get the defaults. */
  queues?: Record<string, QueueOptions>;
  /** Concurrency of queues that do not set their own. Default 5. */
  concurrency?: number;
  /** Values where neither the job nor its definition says otherwise. */
  defaults?: Partial<RunPolicy>;
  names?: Names;
  queueType?: QueueType;
  /** Whether `start` makes the queues exist. Default true; false for a user without the permission to configure. */
  declare?: boolean;
  /** Shown in records and heartbeats. Default `<host>-<pid>-<random>`. */
  name?: string;
  events?: EventSink;
  /** Whether outcomes are published for a ledger, and confirmed before a job is acknowledged. Default `on`. */
  records?: 'on' | 'off';
  /** Folder for outcomes that cannot be published during an alarm of the broker. Default: none, they wait in memory. */
  spoolDir?: string;
  /** Milliseconds of blocked publishing after which outcomes are spooled. Default 3000. */
  spoolAfterMs?: number;
  backoffFunctions?: BackoffFunctions;
  /** Run around every handler, first one outermost. */
  middleware?: Middleware[];
  /** Largest result in bytes of JSON. Default 1 MiB. */
  maxResultBytes?: number;
  /** The broker's consumer timeout in milliseconds; `Infinity` when it is switched off. Default 30 minutes, RabbitMQ's own. */
  consumerTimeoutMs?: number;
  /** How long a type that this worker does not know is deferred before it is dead. Default 10 minutes. */
  unknownTypeMs?: number;
  /** Deaths of its worker, alone, after which a suspect is dead. Default 3. */
  poisonAfter?: number;
  /**
   * Keys by publisher: what comes through the doors must then be signed by one of them, or is dead at once. Default: none,
   * and everybody who may write to a door is believed.
   */
  publisherKeys?: PublisherKeys;
  clock?: Clock;
  random?: Random;
}

/** Every option with its value. */
export type WorkerSettings = Required<
  Omit<WorkerOptions, 'queues' | 'concurrency' | 'defaults' | 'spoolDir' | 'publisherKeys'>
> & {
  publisherKeys: PublisherKeys | undefined;
  queues: ReadonlyMap<string, Required<QueueOptions>>;
  defaults: RunPolicy;
  spoolDir: string | undefined;
  far: FarDelays;
};

const DEFAULT_CONCURRENCY = 5;
/** RabbitMQ holds no more unsettled for one consumer of a quorum queue. */
const MOST_HELD = 2_000;
const DEFAULT_CONSUMER_TIMEOUT_MS = 30 * 60_000;

/** @throws ConfigurationError naming every mistake at once */
export function resolveWorkerOptions(options: WorkerOptions): WorkerSettings {
  const mistakes: string[] = [];
  const queues = new Map<string, Required<QueueOptions>>();
  for (const name of new Set([...options.handlers.queues(), ...Object.keys(options.queues ?? {})])) {
    queues.set(name, resolveQueue(name, options.queues?.[name] ?? {}, options.concurrency, mistakes));
  }
  if (queues.size === 0) mistakes.push('handlers: no handler is registered, so there is no queue to work');
  if (mistakes.length > 0) {
    throw new ConfigurationError(
      'configuration_invalid',
      `The worker's options are not valid: ${mistakes.join('; ')}`,
      {
        field: mistakes[0]?.split(':')[0],
        hint: 'Correct every option named here.',
      },
    );
  }
  const names = options.names ?? namesFor();
  return {
    broker: options.broker,
    handlers: options.handlers,
    far: new FarDelays(names),
    queues,
    defaults: { ...DEFAULT_RUN_POLICY, ...options.defaults },
    names,
    queueType: options.queueType ?? 'quorum',
    declare: options.declare ?? true,
    name: options.name ?? workerName(),
    events: options.events ?? silentEvents,
    records: options.records ?? 'on',
    spoolDir: options.spoolDir,
    spoolAfterMs: options.spoolAfterMs ?? 3_000,
    backoffFunctions: options.backoffFunctions ?? {},
    middleware: options.middleware ?? [],
    maxResultBytes: options.maxResultBytes ?? 1_048_576,
    consumerTimeoutMs: options.consumerTimeoutMs ?? DEFAULT_CONSUMER_TIMEOUT_MS,
    unknownTypeMs: options.unknownTypeMs ?? 10 * 60_000,
    poisonAfter: options.poisonAfter ?? 3,
    publisherKeys: options.publisherKeys && checkPublisherKeys(options.publisherKeys),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

function resolveQueue(
  name: string,
  given: QueueOptions,
  fallback: number | undefined,
  mistakes: string[],
): Required<QueueOptions> {
  const concurrency = given.concurrency ?? fallback ?? DEFAULT_CONCURRENCY;
  const prefetch = given.prefetch ?? Math.min(MOST_HELD, concurrency * 2);
  const weight = given.weight ?? 10;
  // More than one consumer may hold would be a promise that nobody keeps.
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MOST_HELD)
    mistakes.push(`queues.${name}.concurrency: ${concurrency} is not a whole number from 1 to ${MOST_HELD}`);
  if (!Number.isInteger(prefetch) || prefetch < 1 || prefetch > MOST_HELD)
    mistakes.push(`queues.${name}.prefetch: ${prefetch} is not a whole number from 1 to ${MOST_HELD}`);
  if (!Number.isInteger(weight) || weight < 2)
    mistakes.push(`queues.${name}.weight: ${weight} is not a whole number of 2 or more`);
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- configuration comes without types
  if (given.mode !== undefined && given.mode !== 'strict' && given.mode !== 'weighted')
    mistakes.push(`queues.${name}.mode: it must be "strict" or "weighted"`);
  return { concurrency, prefetch, mode: given.mode ?? 'strict', weight };
}
