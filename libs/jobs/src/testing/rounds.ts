import type { MemoryWorld } from '../broker/memory/memory-broker';
import type { FakeClock } from './fake-clock';
import type { InlineWorker } from './inline-worker';

/** Kept from before a test replaces the timers of its process: handlers do real work in real time. */
const { setTimeout: inRealTime, clearTimeout: takeBack } = globalThis;
const LOOK_EVERY_MS = 1;

export interface RoundsOptions {
  clock: FakeClock;
  world: MemoryWorld;
  worker: InlineWorker | undefined;
  patienceMs: number;
  mostRuns: number;
}

/** Runs what is due, by the kit's own worker and by those of the application, while the clock stands or moves. */
export class Rounds {
  private active: Promise<void> | undefined;

  constructor(private readonly options: RoundsOptions) {}

  /** Until nothing is due. @throws Error when that never comes */
  async drain(queue?: string): Promise<void> {
    const queues = this.inlineQueues(queue);
    while (this.active) await this.active.catch(() => undefined);
    this.active = this.runAll(queues).finally(() => (this.active = undefined));
    return this.active;
  }

  /** Stops at every timer and runs what came due there. */
  async advance(ms: number): Promise<void> {
    await this.patiently();
    await this.options.clock.advance(ms, () => (this.isBusy() ? this.patiently() : undefined));
  }

  /** Whatever is being stopped may wait for time to pass. */
  async stop(stopping: Promise<void>[]): Promise<void> {
    const left = new Set(stopping);
    for (const one of stopping) void one.catch(() => undefined).then(() => left.delete(one));
    while (left.size > 0) await this.options.clock.advance(10);
    await Promise.all(stopping);
  }

  private inlineQueues(queue: string | undefined): string[] {
    const own = this.options.worker?.queues ?? [];
    if (queue === undefined) return own;
    if (own.includes(queue)) return [queue];
    if (this.options.worker === undefined) return [];
    throw new Error(`No handler of this kit works the queue ${JSON.stringify(queue)}; they work ${own.join(', ')}.`);
  }

  private async runAll(queues: readonly string[]): Promise<void> {
    const { clock, worker, mostRuns } = this.options;
    let [ran, before] = [0, -1];
    // What a run sets off may take some turns to arrive: only a round in which nothing ran is the last.
    while (ran !== before || (await this.elsewhere())) {
      before = ran;
      await clock.settle();
      while (worker && (await worker.runNext(queues))) {
        if (++ran >= mostRuns) throw new Error(endless(mostRuns));
      }
    }
  }

  /** Whether workers of the application still have something to do; waits a little when they have. */
  private async elsewhere(): Promise<boolean> {
    const busy = this.othersAreBusy();
    if (busy) await new Promise((resolve) => inRealTime(resolve, LOOK_EVERY_MS));
    return busy;
  }

  private isBusy(): boolean {
    return this.active !== undefined || this.options.worker?.hasWork() === true || this.othersAreBusy();
  }

  private othersAreBusy(): boolean {
    return this.options.world
      .queues()
      .some(({ consumers, ready, unsettled }) => consumers > 0 && ready + unsettled > 0);
  }

  /** Draining, as long as a handler's real work may take. One that waits for the clock itself ends in a later round. */
  private async patiently(): Promise<void> {
    const draining = this.active ?? this.drain();
    // A draining that outlasts its round is nobody's: what it throws, the next one throws again.
    draining.catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = inRealTime(resolve, this.options.patienceMs)));
    await Promise.race([draining, patience]);
    takeBack(timer);
  }
}

const endless = (runs: number): string =>
  `${runs} jobs ran and there may be more: does a job add itself? If not, give testJobs a larger mostRuns.`;
