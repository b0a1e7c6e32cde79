import { randomBytes } from 'node:crypto';
import {
  type AnyJob,
  type Broker,
  EventBus,
  type EventName,
  Handlers,
  JobsClient,
  type JobsClientOptions,
  type Names,
  type ScutworkEvent,
  Worker,
  type WorkerOptions,
  amqpBroker,
  namesFor,
} from '../../libs/jobs/src';
import { until } from './until';

type Named<N extends EventName> = Extract<ScutworkEvent, { event: N }>;

/** What was stated, and ways to wait for it. */
export class Witness {
  readonly bus = new EventBus();
  readonly seen: ScutworkEvent[] = [];

  constructor() {
    this.bus.onAny((event) => this.seen.push(event));
  }

  all<N extends EventName>(name: N): Named<N>[] {
    return this.seen.filter((event): event is Named<N> => event.event === name);
  }

  /** Waits until `count` of these were stated. */
  async waitFor<N extends EventName>(name: N, count = 1, deadlineMs?: number): Promise<Named<N>[]> {
    return until(`${count} × ${name}`, () => this.all(name).length >= count && this.all(name), deadlineMs);
  }
}

/** Clients and workers on one broker under a prefix of their own; all stopped together. */
export class JobsWorld {
  readonly names: Names;
  private readonly stops: (() => Promise<void>)[] = [];

  constructor(
    readonly url: string,
    prefix = `t${randomBytes(4).toString('hex')}`,
  ) {
    this.names = namesFor(prefix);
  }

  async broker(witness?: Witness, heartbeatSeconds?: number): Promise<Broker> {
    const broker = amqpBroker({
      ...{ urls: [this.url], names: this.names, reconnectMs: 200, heartbeatSeconds },
      events: witness?.bus,
    });
    await broker.start();
    await until('a connection', () => broker.state.name === 'connected');
    this.stops.push(() => broker.stop({ deadlineMs: 2_000 }));
    return broker;
  }

  async client(jobs: readonly AnyJob[], options: Partial<JobsClientOptions> = {}): Promise<JobsClient> {
    const client = new JobsClient({ broker: await this.broker(), jobs, names: this.names, ...options });
    await client.start();
    await client.ensureTopology();
    this.stops.push(() => client.stop({ deadlineMs: 1_000 }));
    return client;
  }

  /** A running worker and what it states. `register` gives it its handlers. */
  async worker(
    register: (handlers: Handlers) => void,
    options: Partial<WorkerOptions> = {},
  ): Promise<{ worker: Worker; witness: Witness; broker: Broker }> {
    const witness = new Witness();
    const handlers = new Handlers();
    register(handlers);
    const broker = options.broker ?? (await this.broker(witness));
    const worker = new Worker({ broker, handlers, names: this.names, events: witness.bus, ...options });
    this.stops.push(() => worker.stop({ deadlineMs: 1_000 }));
    await worker.start();
    return { worker, witness, broker };
  }

  /** Waits until the worker holds so many jobs besides the running ones. */
  async heldBy(worker: Worker, count: number): Promise<void> {
    await until(`${count} jobs held`, () => worker.held >= count);
  }

  async stop(): Promise<void> {
    for (const stop of this.stops.reverse()) await stop();
  }
}
