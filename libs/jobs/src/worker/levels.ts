import type { Subscription } from '../broker/broker';
import type { Delivery } from '../broker/delivery';
import { PROBE_MESSAGE_TYPE } from '../contracts/control';
import { PRIORITIES } from '../contracts/job-type';
import { pullsForFreeSlots } from './consumer-timeout';
import { execute } from './execute';
import { pickLevel } from './pick';
import { answerProbe, idsOf } from './probe';
import { Puller } from './puller';
import { typeHint } from './read';
import type { Place } from './run';
import type { QueueOptions } from './worker-options';
import type { Workshop } from './workshop';

/** One source of deliveries: the queue of a level, or the queue of suspects. */
interface Level {
  place: Place;
  queue: string;
  prefetch: number;
  ready: Delivery[];
  subscription: Subscription | undefined;
  /** When it last could start something, or was empty. */
  movedAt: number;
  /** It could not start for a while: its consumer is cancelled until there is room. */
  suspended: boolean;
}

const STARVED_MS = 5_000;
const CHECK_MS = 1_000;

/**
 * One job queue of this worker: a channel and a consumer per level, a ready list per level, and the slots they share.
 * A free slot takes the highest level that waits, so a critical job waits for one slot at most.
 */
export class Levels {
  private readonly levels: Level[];
  private readonly runningByType = new Map<string, number>();
  private readonly capped: boolean;
  private running = 0;
  /** Suspects that run: one at a time, whatever else does. */
  private suspects = 0;
  private starts = 0;
  private taking = false;
  private stopCheck: (() => void) | undefined;
  private readonly whenIdle: (() => void)[] = [];
  private puller: Puller | undefined;

  constructor(
    readonly queue: string,
    readonly options: Required<QueueOptions>,
    private readonly shop: Workshop,
  ) {
    const { names, handlers, clock } = shop.settings;
    const level = (place: Place, name: string, prefetch: number): Level => ({
      ...{ place, queue: name, prefetch, ready: [], subscription: undefined },
      ...{ movedAt: clock.now(), suspended: false },
    });
    this.capped = handlers.all().some((known) => known.queue === queue && Number.isFinite(known.concurrency));
    this.levels = [
      // Suspects first: they have waited through crashes, and one at a time takes one slot at most.
      level({ queue, priority: 'normal', suspect: true }, names.suspect(queue), 1),
      ...PRIORITIES.map((priority) =>
        level({ queue, priority, suspect: false }, names.work(queue, priority), options.prefetch),
      ),
    ];
  }

  async start(): Promise<void> {
    this.taking = true;
    if (pullsForFreeSlots(this.queue, this.shop.settings)) return this.startPulling();
    await Promise.all(this.levels.map((level) => this.open(level)));
    this.scheduleCheck();
  }

  private startPulling(): void {
    const { broker, clock } = this.shop.settings;
    this.puller = new Puller(broker, clock, {
      wanted: () => this.levels.filter((level) => this.mayPull(level)).map((level) => level.queue),
      onDelivery: (queue, delivery) => {
        const level = this.levels.find((known) => known.queue === queue);
        if (level) this.receive(level, delivery);
      },
    });
    this.puller.start();
  }

  private mayPull(level: Level): boolean {
    const room = this.running + this.held < this.options.concurrency;
    return room && !(level.place.suspect && this.suspects > 0);
  }

  /** Takes nothing new and returns at once what had not started. */
  async quiet(): Promise<number> {
    this.taking = false;
    this.stopCheck?.();
    this.puller?.stop();
    await Promise.all(this.levels.map(async (level) => level.subscription?.cancel()));
    return this.levels.reduce((count, level) => count + handBack(level.ready.splice(0)), 0);
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    if (this.running > 0) await new Promise<void>((resolve) => this.whenIdle.push(resolve));
  }

  /** Closes the channels: what is not settled returns to its queue. */
  async close(): Promise<void> {
    await Promise.all(this.levels.map(async (level) => level.subscription?.close()));
  }

  get consuming(): boolean {
    return (
      this.taking &&
      (this.puller !== undefined || this.levels.every((level) => level.suspended || level.subscription?.open === true))
    );
  }

  /** Deliveries held here that have not started. */
  get held(): number {
    return this.levels.reduce((count, level) => count + level.ready.length, 0);
  }

  heldJobs(): string[] {
    return idsOf(this.ready());
  }

  private async open(level: Level): Promise<void> {
    level.subscription = await this.shop.settings.broker.subscribe({
      queue: level.queue,
      prefetch: level.prefetch,
      onDelivery: (delivery) => {
        if (level.ready.length === 0) level.movedAt = this.shop.settings.clock.now();
        this.receive(level, delivery);
      },
      onLost: () => {
        level.ready = level.ready.filter((delivery) => delivery.alive);
      },
    });
  }

  private receive(level: Level, delivery: Delivery): void {
    if (delivery.message.type === PROBE_MESSAGE_TYPE)
      return answerProbe(delivery, level.place, this.ready(), this.shop);
    level.ready.push(delivery);
    this.dispatch();
  }

  private *ready(): Generator<Delivery> {
    for (const level of this.levels) yield* level.ready;
  }

  private dispatch(): void {
    while (this.taking && this.running < this.options.concurrency) {
      const level = this.next();
      const delivery = level && this.take(level);
      if (!level || !delivery) break;
      this.begin(level, delivery);
    }
  }

  private next(): Level | undefined {
    const waiting = this.levels.map((level) => this.startable(level) !== -1);
    return this.levels[pickLevel(waiting, this.options.mode, this.options.weight, this.starts)];
  }

  /** Place in the ready list of the first delivery that may start, or -1. */
  private startable(level: Level): number {
    if (!this.capped) return level.ready.length > 0 ? 0 : -1;
    return level.ready.findIndex((delivery) => {
      const type = typeHint(delivery.message);
      const cap = this.shop.settings.handlers.find(type)?.concurrency ?? Number.POSITIVE_INFINITY;
      return (this.runningByType.get(type) ?? 0) < cap;
    });
  }

  private take(level: Level): Delivery | undefined {
    const at = this.startable(level);
    return at === 0 ? level.ready.shift() : level.ready.splice(at, 1)[0];
  }

  private begin(level: Level, delivery: Delivery): void {
    const type = this.capped ? typeHint(delivery.message) : '';
    this.running++;
    if (level.place.suspect) this.suspects++;
    this.starts++;
    this.count(type, 1);
    level.movedAt = this.shop.settings.clock.now();
    void execute(delivery, level.place, this.shop).finally(() => {
      this.running--;
      if (level.place.suspect) this.suspects--;
      this.count(type, -1);
      this.dispatch();
      this.puller?.wake();
      if (this.running === 0) this.whenIdle.splice(0).forEach((resolve) => resolve());
    });
  }

  private count(type: string, by: number): void {
    if (this.capped) this.runningByType.set(type, (this.runningByType.get(type) ?? 0) + by);
  }

  private scheduleCheck(): void {
    this.stopCheck = this.shop.settings.clock.after(CHECK_MS, () => {
      for (const level of this.levels) this.check(level);
      if (this.taking) this.scheduleCheck();
    });
  }

  /** A level that cannot start for some seconds lets others have what it holds; it comes back when there is room. */
  private check(level: Level): void {
    const starved = level.ready.length > 0 && this.shop.settings.clock.now() - level.movedAt > STARVED_MS;
    if (starved && !level.suspended) return this.suspend(level);
    const room = this.running < this.options.concurrency && this.held === 0;
    if (level.suspended && room) this.resume(level);
  }

  private suspend(level: Level): void {
    level.suspended = true;
    void level.subscription?.cancel().then(() => {
      // Each return counts towards the delivery limit: a message is handed back once, then kept.
      const fresh = level.ready.filter((delivery) => delivery.message.deliveryCount === 0);
      level.ready = level.ready.filter((delivery) => delivery.message.deliveryCount > 0);
      handBack(fresh);
    });
  }

  private resume(level: Level): void {
    level.suspended = false;
    const old = level.subscription;
    void this.open(level).then(() => old?.close());
  }
}

function handBack(deliveries: Delivery[]): number {
  const alive = deliveries.filter((delivery) => delivery.alive);
  for (const delivery of alive) delivery.requeue();
  return alive.length;
}
