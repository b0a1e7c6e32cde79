import type { Broker } from '../broker/broker';
import { NO_CONTROL } from '../control/no-control';
import { PRIORITIES } from '../contracts/job-type';
import { RecordBatches } from '../events/record-batches';
import { planTopology } from '../topology/plan';
import { execute } from '../worker/execute';
import { makeHost } from '../worker/host';
import type { Place } from '../worker/run';
import { Runs } from '../worker/runs';
import { Settler } from '../worker/settle';
import { type WorkerOptions, type WorkerSettings, resolveWorkerOptions } from '../worker/worker-options';
import type { Workshop } from '../worker/workshop';

/**
 * Runs jobs one at a time, when it is told to, along the way of a real worker: the same validation, outcomes, retries
 * and dead letters. It has no timers of its own, so a test may move the clock by a year.
 */
export class InlineWorker {
  private readonly settings: WorkerSettings;
  private readonly shop: Workshop;

  constructor(
    private readonly broker: Broker,
    /** Whether a queue has a ready message: asking costs nothing, pulling in vain costs a turn of the event loop. */
    private readonly hasReady: (queue: string) => boolean,
    options: Omit<WorkerOptions, 'broker' | 'records'>,
  ) {
    const settings = resolveWorkerOptions({ ...options, broker, records: 'off' });
    const { names, clock, events, random, backoffFunctions, maxResultBytes } = settings;
    const [runs, publisher] = [new Runs(), broker.publisher({ deadlineMs: Infinity })];
    const records = new RecordBatches(publisher, names, clock, events);
    this.settings = settings;
    this.shop = {
      ...{
        settings,
        runs,
        settler: new Settler(settings, publisher, runs, undefined),
        host: makeHost(settings, records, () => true),
        ...{ control: NO_CONTROL, mayStart: () => true, tellSoon: () => undefined },
      },
      decider: { random, backoffFunctions, maxResultBytes },
      report: () => undefined,
    };
  }

  get queues(): string[] {
    return [...this.settings.queues.keys()];
  }

  async start(): Promise<void> {
    const { names, queueType } = this.settings;
    await this.broker.start();
    await this.broker.apply(planTopology({ names, queues: this.queues, queueType }));
  }

  hasWork(): boolean {
    return this.sources(this.queues).some(({ source }) => this.hasReady(source));
  }

  /** Runs the job that a worker would start next, and settles it. False when none of these queues has one. */
  async runNext(queues: readonly string[]): Promise<boolean> {
    const next = this.sources(queues).find(({ source }) => this.hasReady(source));
    const delivery = next && (await this.broker.pull(next.source));
    if (!delivery) return false;
    await execute(delivery, next.place, this.shop);
    await this.shop.settler.drained();
    return true;
  }

  /** Suspects first, then level by level through all queues. */
  private sources(queues: readonly string[]): { place: Place; source: string }[] {
    const { names } = this.settings;
    return [
      ...queues.map((queue) => ({
        place: { queue, priority: 'normal', suspect: true } as const,
        source: names.suspect(queue),
      })),
      ...PRIORITIES.flatMap((priority) =>
        queues.map((queue) => ({ place: { queue, priority, suspect: false }, source: names.work(queue, priority) })),
      ),
    ];
  }
}
