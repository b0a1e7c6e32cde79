import type { Broker } from '../broker/broker';
import { type MemoryWorld, memoryWorld } from '../broker/memory/memory-broker';
import { JobsClient } from '../client/jobs-client';
import type { AnyJob, InputOf } from '../contracts/define-job';
import { type Duration, durationMs } from '../contracts/duration';
import type { OutgoingMessage } from '../contracts/message';
import type { RunPolicy } from '../contracts/options';
import { EventBus } from '../events/event-bus';
import type { BackoffFunctions } from '../retry/backoff';
import { type Names, namesFor } from '../topology/names';
import type { Handlers } from '../worker/handlers';
import type { Middleware } from '../worker/middleware/chain';
import { type EnqueuedJob, enqueuedFrom, notingBroker } from './enqueued';
import { type EnqueuedDetails, findEnqueued, refuseEnqueued } from './expect-enqueued';
import { type FakeClock, fakeClock } from './fake-clock';
import { type FinishedRun, FinishedRuns } from './finished-runs';
import { InlineWorker } from './inline-worker';
import { Rounds } from './rounds';

const DEFAULT_PATIENCE_MS = 1_000;
const DEFAULT_MOST_RUNS = 1_000;

export interface TestJobsOptions {
  /** Job types whose queues exist from the start, and that `client.addNamed` knows. Default: those of `handlers`. */
  jobs?: readonly AnyJob[];
  /** What `drain` and `advance` run, one job at a time. Leave it out where the application under test has workers. */
  handlers?: Handlers;
  /** As for a worker: values where neither the job nor its definition says otherwise. */
  defaults?: Partial<RunPolicy>;
  backoffFunctions?: BackoffFunctions;
  middleware?: Middleware[];
  /** The topology prefix, where the application sets one. Default `jobs`. */
  prefix?: string;
  /** What the clock shows at first, milliseconds since 1970. Default 2030-01-01T00:00:00Z. */
  startMs?: number;
  /**
   * How long `advance` waits, in real milliseconds, for a handler that does real work before the clock moves on under
   * it. Default 1000.
   */
  patienceMs?: number;
  /** After so many runs in one `drain` something is taken to go round for ever. Default 1000. */
  mostRuns?: number;
}

/** Jobs without RabbitMQ, on a clock that the test moves. Made by {@link testJobs}. */
export interface TestJobs {
  /** For the code under test, in place of the application's own. */
  readonly client: JobsClient;
  readonly clock: FakeClock;
  /** Everything that happens to jobs. */
  readonly events: EventBus;
  readonly names: Names;
  /** Faults on demand: `kit.world.goAway()`, `kit.world.refuse(queue)` and the like. */
  readonly world: MemoryWorld;
  /**
   * A broker for an application with clients and workers of its own.
   * @example JobsModule.forRoot({ broker: kit.connect(), clock: kit.clock, events: kit.events, jobs: [Welcome] })
   */
  connect(): Broker;
  /** The jobs that were added so far, whether or not they have run; retries are not counted again. */
  enqueued(): EnqueuedJob[];
  enqueued<J extends AnyJob>(job: J): EnqueuedJob<InputOf<J>>[];
  /**
   * The jobs of this type whose payload has these members, in the order of their adding.
   * @throws Error when there is none, telling what was added in its place
   * @example kit.expectEnqueued(Welcome, { to: 'ada@example.org' }, { delayMs: 60_000 });
   */
  expectEnqueued<J extends AnyJob>(
    job: J,
    payload?: DeepPartial<InputOf<J>>,
    details?: EnqueuedDetails,
  ): EnqueuedJob<InputOf<J>>[];
  /** @throws Error when such a job was added */
  expectNotEnqueued<J extends AnyJob>(job: J, payload?: DeepPartial<InputOf<J>>, details?: EnqueuedDetails): void;
  /** Forgets what was added so far; what waits goes on waiting. */
  forgetEnqueued(): void;
  /**
   * Runs what is due now, and what that adds, until nothing waits; of one queue or of all. Returns the runs that ended.
   * Waits for workers of the application too.
   * @throws Error after `mostRuns`: a job that adds itself never ends
   * @example const [run] = await kit.drain(); // run.outcome === 'completed'
   */
  drain(queue?: string): Promise<FinishedRun[]>;
  /**
   * Moves the clock and runs every delayed job and every retry at its own moment. Returns the runs that ended.
   * `handlers` of the kit make a year as cheap as a minute; workers of an application have timers of their own, and a
   * day of them takes seconds.
   * @example await kit.advance('1h');
   */
  advance(duration: Duration): Promise<FinishedRun[]>;
  /** Ends everything. */
  stop(): Promise<void>;
}

/** A payload of which only some members are named. */
export type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: DeepPartial<T[K]> }
    : T;

/**
 * The test kit: adds, delays, retries and dead letters as in production, in this process, without a broker and without
 * waiting.
 *
 * @example
 * const kit = await testJobs({ handlers });
 * await signUp(kit.client, 'ada@example.org');
 * kit.expectEnqueued(Welcome, { to: 'ada@example.org' });
 * const runs = await kit.advance('1m');
 * expect(runs.map((run) => run.outcome)).toEqual(['retrying', 'completed']);
 * await kit.stop();
 */
export async function testJobs(options: TestJobsOptions = {}): Promise<TestJobs> {
  const kit = new Kit(options);
  await kit.start();
  return kit;
}

class Kit implements TestJobs {
  readonly clock: FakeClock;
  readonly world: MemoryWorld;
  readonly events = new EventBus();
  readonly names: Names;
  readonly client: JobsClient;
  private readonly runs = new FinishedRuns(this.events);
  private readonly brokers: Broker[] = [];
  private readonly worker: InlineWorker | undefined;
  private readonly rounds: Rounds;
  private added: EnqueuedJob[] = [];

  constructor(options: TestJobsOptions) {
    this.clock = fakeClock(options.startMs);
    this.world = memoryWorld({ clock: this.clock });
    this.clock.watch(() => this.world.activity());
    this.names = namesFor(options.prefix);
    const { clock, world, events, names } = this;
    const { handlers, patienceMs = DEFAULT_PATIENCE_MS, mostRuns = DEFAULT_MOST_RUNS } = options;
    const jobs = options.jobs ?? handlers?.all().flatMap(({ definition }) => definition ?? []);
    this.client = new JobsClient({ ...{ names, clock, events }, jobs, broker: this.connect(), records: 'off' });
    const hasReady = (queue: string): boolean => world.ready(queue) > 0;
    const settings = { ...options, names, clock, events };
    this.worker = handlers && new InlineWorker(this.made(world.connect()), hasReady, { ...settings, handlers });
    this.rounds = new Rounds({ clock, world, worker: this.worker, patienceMs, mostRuns });
  }

  async start(): Promise<void> {
    await this.client.start();
    await this.client.ensureTopology();
    await this.worker?.start();
  }

  connect(): Broker {
    return this.made(notingBroker(this.world.connect(), (message) => this.note(message)));
  }

  enqueued(): EnqueuedJob[];
  enqueued<J extends AnyJob>(job: J): EnqueuedJob<InputOf<J>>[];
  enqueued(job?: AnyJob): EnqueuedJob[] {
    return this.added.filter((one) => !job || one.type === job.type);
  }

  expectEnqueued<J extends AnyJob>(
    job: J,
    payload?: DeepPartial<InputOf<J>>,
    details: EnqueuedDetails = {},
  ): EnqueuedJob<InputOf<J>>[] {
    // The type says what the payload is: the client checked it against this definition's schema.
    return findEnqueued(this.added, { type: job.type, payload, details }) as EnqueuedJob<InputOf<J>>[];
  }

  expectNotEnqueued<J extends AnyJob>(job: J, payload?: DeepPartial<InputOf<J>>, details: EnqueuedDetails = {}): void {
    refuseEnqueued(this.added, { type: job.type, payload, details });
  }

  forgetEnqueued(): void {
    this.added = [];
  }

  drain(queue?: string): Promise<FinishedRun[]> {
    return this.endedDuring(() => this.rounds.drain(queue));
  }

  advance(duration: Duration): Promise<FinishedRun[]> {
    const ms = durationMs(duration);
    if (ms === undefined || ms < 0) throw new RangeError(`advance takes a duration; it is ${JSON.stringify(duration)}`);
    return this.endedDuring(() => this.rounds.advance(ms));
  }

  stop(): Promise<void> {
    const now = { deadlineMs: 0 };
    return this.rounds.stop([this.client.stop(now), ...this.brokers.map((broker) => broker.stop(now))]);
  }

  private made(broker: Broker): Broker {
    this.brokers.push(broker);
    return broker;
  }

  private note(message: OutgoingMessage): void {
    const job = enqueuedFrom(message, this.names, this.clock.now());
    if (job) this.added.push(job);
  }

  private async endedDuring(work: () => Promise<void>): Promise<FinishedRun[]> {
    const before = this.runs.all.length;
    await work();
    return this.runs.all.slice(before);
  }
}
