import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Broker } from '../../broker/broker';
import { type BrokerTestWorld, until } from '../../broker/conformance/world';
import { JobsClient } from '../../client/jobs-client';
import type { JobsClientOptions } from '../../client/client-options';
import { type AnyJob, defineJob } from '../../contracts/define-job';
import type { EventName, ScutworkEvent } from '../../contracts/job-events';
import { EventBus } from '../../events/event-bus';
import { Handlers } from '../../worker/handlers';
import { Worker } from '../../worker/worker';
import type { WorkerOptions } from '../../worker/worker-options';

export type Named<N extends EventName> = Extract<ScutworkEvent, { event: N }>;

interface Numbered {
  n: number;
}

const numbered: StandardSchemaV1<Numbered, Numbered> = {
  '~standard': {
    version: 1,
    vendor: 'scutwork',
    validate: (value) =>
      typeof (value as Partial<Numbered> | null)?.n === 'number'
        ? { value: value as Numbered }
        : { issues: [{ message: 'it must be a number', path: ['n'] }] },
  },
};

/** The job of all promises: three attempts, 100 ms apart. */
export const Task = defineJob({ type: 'task.run', payload: numbered, backoff: { type: 'fixed', delay: 100 } });
export const TASKS = Task.queue;

/** What a worker stated. */
export class Witness {
  readonly bus = new EventBus();
  readonly seen: ScutworkEvent[] = [];

  constructor() {
    this.bus.onAny((event) => this.seen.push(event));
  }

  all<N extends EventName>(name: N): Named<N>[] {
    return this.seen.filter((event): event is Named<N> => event.event === name);
  }
}

export interface StartedWorker {
  readonly worker: Worker;
  readonly witness: Witness;
  readonly broker: Broker;
  /** As far as anybody can see its process is gone: its connections end, what it held returns, it settles nothing more. */
  readonly die: () => Promise<void>;
}

/** Clients and workers in a world, all stopped with it. */
export class JobsStage {
  private readonly stops: (() => Promise<void>)[] = [];

  constructor(readonly world: BrokerTestWorld) {}

  /** A client whose queues exist. */
  async client(options: Partial<JobsClientOptions> = {}): Promise<JobsClient> {
    const { names, clock } = this.world;
    const broker = options.broker ?? (await this.world.connect('service'));
    const client = new JobsClient({ broker, names, clock, jobs: [Task], ...options });
    await client.start();
    await client.ensureTopology();
    this.stops.push(() => client.stop({ deadlineMs: 100 }));
    return client;
  }

  async worker(register: (handlers: Handlers) => void, options: Partial<WorkerOptions> = {}): Promise<StartedWorker> {
    const { names, clock } = this.world;
    const [witness, handlers] = [new Witness(), new Handlers()];
    register(handlers);
    const broker = options.broker ?? (await this.world.connect('worker'));
    const worker = new Worker({ broker, handlers, names, clock, events: witness.bus, name: 'worker', ...options });
    this.stops.push(() => worker.stop({ deadlineMs: 100 }));
    await this.ends(worker.start());
    return { worker, witness, broker, die: () => this.ends(broker.stop({ deadlineMs: 0 })) };
  }

  /** A worker for {@link Task} alone. */
  tasks(handle: Parameters<typeof registerTask>[1], options: Partial<WorkerOptions> = {}): Promise<StartedWorker> {
    return this.worker((handlers) => registerTask(handlers, handle), options);
  }

  until(what: string, condition: () => boolean | Promise<boolean>, withinMs?: number): Promise<void> {
    return until(this.world, what, condition, withinMs);
  }

  /** Waits until a worker stated so many facts of a name. */
  async stated<N extends EventName>(witness: Witness, name: N, count = 1): Promise<Named<N>[]> {
    await this.until(`${count} × ${name}, not only ${witness.seen.map((event) => event.event).join(', ')}`, () => {
      return witness.all(name).length >= count;
    });
    return witness.all(name);
  }

  /** Lets time pass until something that takes time has ended. */
  async ends<T>(work: Promise<T>): Promise<T> {
    let ended = false;
    const noted = work.finally(() => (ended = true));
    noted.catch(() => undefined);
    await this.until('the end of what was asked for', () => ended, 30_000);
    return noted;
  }

  async close(): Promise<void> {
    try {
      await this.ends(Promise.all(this.stops.map((stop) => stop())));
    } finally {
      await this.world.close();
    }
  }
}

function registerTask(handlers: Handlers, handle: Parameters<typeof handlers.register<typeof Task>>[1]): void {
  handlers.register(Task, handle);
}

/** A promise that a test keeps when it wants to. */
export class Gate {
  readonly opened: Promise<void>;
  open: () => void = () => undefined;

  constructor() {
    this.opened = new Promise((resolve) => (this.open = resolve));
  }
}

export const payloads = (count: number) => Array.from({ length: count }, (_, n) => ({ payload: { n } }));

/** Definitions are objects: two of one type are told apart. */
export const named = (type: string): AnyJob =>
  defineJob({ type, payload: numbered, backoff: { type: 'fixed', delay: 100 } });
