import type { Publisher } from '../broker/broker';
import { atEntry } from '../contracts/at-entry';
import { type AnyJob, type InputOf, definitionIn, definitionsIn } from '../contracts/define-job';
import { JobError, type JobNotAccepted } from '../contracts/errors';
import type { JobState } from '../contracts/job-state';
import type { JobOptions } from '../contracts/options';
import { RecordBatches } from '../events/record-batches';
import { DEFAULT_STOP_DEADLINE_MS, type Service, type ServiceState, type StopOptions } from '../lifecycle/service';
import { planTopology } from '../topology/plan';
import { type ClientSettings, type JobsClientOptions, resolveClientOptions } from './client-options';
import { FullQueues } from '../control/full-queues';
import { type PreparedJob, type Provenance, assertRunning, messageOf, prepareJob, submittedEvent } from './prepare';
import { backlogFull, notAccepted } from './refusals';
import { type NotAdded, sendMany } from './send-many';
import { Submissions } from './submissions';

/** A job that the broker has taken. */
export interface AddedJob {
  id: string;
  /** The custom id that `id` was made from. */
  key?: string;
  type: string;
  queue: string;
  /** `waiting` or `delayed`; of a unique job also `accepted`, and of a duplicate that of the job that stands; undefined if that was removed. */
  state?: JobState;
  /** Of a unique job: there was one already, and `id` is that of the job that stands. */
  duplicate?: boolean;
}

export interface AddedJobs {
  /** In the order of the input, also of those that were not accepted: repeating with the same id is safe. */
  ids: string[];
  failures: NotAdded[];
}

export interface JobEntry<J extends AnyJob = AnyJob> {
  payload: InputOf<J>;
  options?: JobOptions;
}

export interface NamedEntry {
  type: string;
  payload: unknown;
  options?: JobOptions;
}

/**
 * Adds jobs. Nothing but AMQP: no database, no other service.
 *
 * @example
 * const jobs = new JobsClient({ broker, jobs: [Welcome] });
 * await jobs.start();
 * const { id } = await jobs.add(Welcome, { to: 'ada@example.org', name: 'Ada' }, { delay: '5m' });
 */
export class JobsClient implements Service {
  private readonly settings: ClientSettings;
  private publisher: Publisher | undefined;
  private records: RecordBatches | undefined;
  private submissions: Submissions | undefined;
  private readonly full: FullQueues;
  private state: ServiceState = 'new';

  constructor(options: JobsClientOptions) {
    this.settings = resolveClientOptions(options);
    this.full = new FullQueues(this.settings);
  }

  /** Opens for jobs at once; what is added before the broker can be reached waits until its deadline. */
  async start(): Promise<void> {
    if (this.state !== 'new') return;
    this.state = 'starting';
    const { broker, names, clock, events } = this.settings;
    await broker.start();
    if (this.isStopped()) return;
    this.publisher = broker.publisher(this.settings.publisher);
    this.submissions = new Submissions(this.settings, this.publisher);
    this.records = new RecordBatches(broker.publisher({ deadlineMs: Number.POSITIVE_INFINITY }), names, clock, events);
    this.state = 'running';
    this.full.look();
  }

  /** Makes the queues of the known jobs exist. Waits for the broker. @throws BrokerError when they cannot be as they must */
  async ensureTopology(): Promise<void> {
    const { broker, names, queueType, catalog, declare } = this.settings;
    const queues = definitionsIn(catalog).map((definition) => definition.queue);
    if (declare) await broker.apply(planTopology({ names, queues, queueType }));
  }

  async stop({ deadlineMs = DEFAULT_STOP_DEADLINE_MS }: StopOptions = {}): Promise<void> {
    if (this.state === 'new' || this.isStopped()) return;
    this.state = 'stopped';
    const endMs = this.settings.clock.now() + deadlineMs;
    await this.publisher?.close(deadlineMs);
    await this.full.stop();
    await this.submissions?.close();
    await this.records?.close(Math.max(0, endMs - this.settings.clock.now()));
  }

  /**
   * Adds one job: resolves when the broker has confirmed it.
   *
   * @throws JobError when the payload or an option is wrong; nothing was published
   * @throws JobNotAccepted `refused` or `unknown`, always with the id; `backlog_full` when the ledger lets no more of the
   *   queue wait
   */
  async add<J extends AnyJob>(job: J, payload: InputOf<J>, options?: JobOptions): Promise<AddedJob> {
    const prepared = prepareJob(job, payload, options, this.settings);
    return this.publish(prepared instanceof Promise ? await prepared : prepared);
  }

  /**
   * Adds one job by the name of its type, for callers that have no definition at hand.
   *
   * @throws JobError `type_unknown` when no definition of that type was given to this client
   */
  async addNamed(type: string, payload: unknown, options?: JobOptions, provenance?: Provenance): Promise<AddedJob> {
    const definition = definitionIn(this.settings.catalog, type, 'type');
    return this.publish(await prepareJob(definition, payload, options, this.settings), provenance);
  }

  /**
   * Adds many jobs of one type. All are checked before the first is published; then they are published as fast as the
   * broker confirms. What it does not take is reported, not thrown.
   *
   * @throws JobError naming the entry and the field, e.g. `jobs[3].payload.to`; nothing was published
   */
  async addMany<J extends AnyJob>(job: J, entries: readonly JobEntry<J>[]): Promise<AddedJobs> {
    return this.addPrepared(await this.prepareAll(entries, () => job));
  }

  /** {@link addMany} for entries of different types, by name. */
  async addManyNamed(entries: readonly NamedEntry[]): Promise<AddedJobs> {
    return this.addPrepared(
      await this.prepareAll(entries, (entry, index) =>
        definitionIn(this.settings.catalog, entry.type, `jobs[${index}].type`),
      ),
    );
  }

  private isStopped(): boolean {
    return this.state === 'stopped';
  }

  private async prepareAll<E extends { payload: unknown; options?: JobOptions }>(
    entries: readonly E[],
    definitionOf: (entry: E, index: number) => AnyJob,
  ): Promise<PreparedJob[]> {
    const prepared: PreparedJob[] = [];
    for (const [index, entry] of entries.entries()) {
      try {
        const job = prepareJob(definitionOf(entry, index), entry.payload, entry.options, this.settings);
        prepared.push(job instanceof Promise ? await job : job);
      } catch (error) {
        throw error instanceof JobError ? atEntry(error, index) : error;
      }
    }
    return prepared;
  }

  private async addPrepared(prepared: readonly PreparedJob[]): Promise<AddedJobs> {
    const failures = await sendMany(prepared, {
      whenRoom: () => this.publisher?.whenRoom(),
      send: (job, done) => this.send(job, undefined, done),
      submit: (job) => this.publish(job),
    });
    return { ids: prepared.map((job) => job.identity.id), failures };
  }

  private publish(job: PreparedJob, provenance?: Provenance): Promise<AddedJob> {
    assertRunning(this.state === 'running');
    if (job.gated && this.submissions) return this.submissions.submit(job);
    return new Promise((resolve, reject) => {
      this.send(job, provenance, (refused) => {
        if (refused) return reject(refused);
        resolve({
          id: job.identity.id,
          key: job.identity.key,
          type: job.definition.type,
          queue: job.definition.queue,
          state: job.overrides.delayMs > 0 ? 'delayed' : 'waiting',
        });
      });
    });
  }

  /** The message is made here: of many jobs the broker takes one while the next is made. */
  private send(job: PreparedJob, provenance: Provenance | undefined, done: (refused?: JobNotAccepted) => void): void {
    assertRunning(this.state === 'running');
    if (this.full.has(job.definition.queue)) return done(backlogFull(job));
    const message = messageOf(job, this.settings, provenance);
    this.publisher?.publish(message, (failure) => {
      if (failure?.kind === 'returned' && this.settings.far.isFar(message)) {
        // There is no ledger to keep it: it takes the ladder.
        this.settings.far.noteAbsent(this.settings.clock.now());
        return this.send(job, provenance, done);
      }
      if (failure) return done(notAccepted(job, failure));
      this.record(job, provenance);
      done();
    });
  }

  private record(job: PreparedJob, provenance?: Provenance): void {
    const { records, events, clock } = this.settings;
    if (records === 'off' && !events.wants('submitted')) return;
    const event = submittedEvent(job, clock.now(), provenance);
    if (records === 'on') this.records?.add(event);
    events.emit(event);
  }
}
