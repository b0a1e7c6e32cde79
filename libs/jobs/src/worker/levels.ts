import type { Delivery } from '../broker/delivery';
import { PROBE_MESSAGE_TYPE } from '../contracts/control';
import { PRIORITIES } from '../contracts/job-type';
import { pullsForFreeSlots } from './consumer-timeout';
import { execute } from './execute';
import { Level } from './level';
import { pickLevel } from './pick';
import { answerProbe, idsOf } from './probe';
import { Puller } from './puller';
import { typeHint } from './read';
import type { Place } from './run';
import type { QueueOptions } from './worker-options';
import type { Workshop } from './workshop';

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
  private paused = false;
  private stopCheck: (() => void) | undefined;
  private readonly whenIdle: (() => void)[] = [];
  private puller: Puller | undefined;

  constructor(
    readonly queue: string,
    readonly options: Required<QueueOptions>,
    private readonly shop: Workshop,
  ) {
    const { names, handlers } = shop.settings;
    const level = (place: Place, source: string, prefetch: number): Level =>
      new Level(place, source, prefetch, shop, (from, delivery) => this.receive(from, delivery));
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
    if (pullsForFreeSlots(this.queue, this.shop.settings)) this.startPulling();
    this.steer();
    if (!this.paused && !this.puller) await Promise.all(this.levels.map((level) => level.open()));
    if (!this.puller) this.scheduleCheck();
  }

  /** Something in force may be otherwise: the queue may be paused, or not any more, or jobs may be started now. */
  steer(): void {
    if (!this.taking) return;
    const paused = this.shop.control.isQueuePaused(this.queue);
    if (paused && !this.paused) void this.pause();
    else if (!paused && this.paused) this.resume();
    this.dispatch();
    this.puller?.wake();
  }

  private async pause(): Promise<void> {
    this.paused = true;
    const { events, name } = this.shop.settings;
    const given = await Promise.all(
      this.levels.map(async (level) => (this.puller ? level.giveBack('all') : level.letGo('all'))),
    );
    const handedBack = given.reduce((sum, count) => sum + count, 0);
    events.emit({ event: 'queue.paused', worker: name, queue: this.queue, handedBack });
  }

  private resume(): void {
    this.paused = false;
    const { events, name } = this.shop.settings;
    if (!this.puller) for (const level of this.levels) level.takeUp();
    events.emit({ event: 'queue.resumed', worker: name, queue: this.queue });
  }

  private startPulling(): void {
    const { broker, clock } = this.shop.settings;
    this.puller = new Puller(broker, clock, {
      wanted: () => this.levels.filter((level) => this.mayPull(level)).map((level) => level.source),
      onDelivery: (source, delivery) => {
        const level = this.levels.find((known) => known.source === source);
        if (this.paused || !level) delivery.requeue();
        else this.receive(level, delivery);
      },
    });
    this.puller.start();
  }

  private mayPull(level: Level): boolean {
    const room = this.running + this.held < this.options.concurrency;
    return room && !this.paused && this.shop.mayStart() && !(level.place.suspect && this.suspects > 0);
  }

  /** Takes nothing new and returns at once what had not started. */
  async quiet(): Promise<number> {
    this.taking = false;
    this.stopCheck?.();
    this.puller?.stop();
    const given = await Promise.all(this.levels.map((level) => level.quiet()));
    return given.reduce((sum, count) => sum + count, 0);
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    if (this.running > 0) await new Promise<void>((resolve) => this.whenIdle.push(resolve));
  }

  /** Closes the channels: what is not settled returns to its queue. */
  async close(): Promise<void> {
    await Promise.all(this.levels.map((level) => level.close()));
  }

  get consuming(): boolean {
    return this.taking && (this.puller !== undefined || this.levels.every((level) => level.isWell));
  }

  /** Deliveries held here that have not started. */
  get held(): number {
    return this.levels.reduce((count, level) => count + level.ready.length, 0);
  }

  heldJobs(): string[] {
    return idsOf(this.ready());
  }

  private receive(level: Level, delivery: Delivery): void {
    if (delivery.message.type === PROBE_MESSAGE_TYPE)
      return answerProbe(delivery, level.place, this.ready(), this.shop);
    level.keep(delivery);
    this.dispatch();
  }

  private *ready(): Generator<Delivery> {
    for (const level of this.levels) yield* level.ready;
  }

  private dispatch(): void {
    while (this.taking && !this.paused && this.running < this.options.concurrency && this.shop.mayStart()) {
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
    level.tidy();
    if (this.paused) return;
    const starved = level.ready.length > 0 && this.shop.settings.clock.now() - level.movedAt > STARVED_MS;
    if (starved && level.isTaking) return void level.letGo('fresh');
    const room = this.running < this.options.concurrency && this.held === 0 && this.shop.mayStart();
    if (!level.isTaking && room) level.takeUp();
  }
}
