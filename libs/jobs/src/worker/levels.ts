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
import { Slots } from './slots';
import { Suspects } from './suspects';
import type { QueueOptions } from './worker-options';
import type { Workshop } from './workshop';

const STARVED_MS = 5_000;
const CHECK_MS = 1_000;

/** `no share`: the queue has a cap across all workers, and nothing of it is given to this one. */
type Standing = 'open' | 'paused' | 'no share';

/**
 * One job queue of this worker: a channel and a consumer per level, a ready list per level, and the slots they share.
 * A free slot takes the highest level that waits, so a critical job waits for one slot at most.
 */
export class Levels {
  readonly slots: Slots;
  private readonly levels: Level[];
  private readonly suspects: Suspects;
  private starts = 0;
  private taking = false;
  private standing: Standing = 'open';
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
    const capped = handlers.all().some((known) => known.queue === queue && Number.isFinite(known.concurrency));
    const capOf = (type: string): number => handlers.find(type)?.concurrency ?? Number.POSITIVE_INFINITY;
    this.slots = new Slots(options, capped ? capOf : undefined);
    this.levels = PRIORITIES.map((priority) =>
      level({ queue, priority, suspect: false }, names.work(queue, priority), options.prefetch),
    );
    this.suspects = new Suspects(level({ queue, priority: 'normal', suspect: true }, names.suspect(queue), 1), {
      ...{ slots: this.slots, shop, begin: (from, delivery) => this.begin(from, delivery) },
      isOpen: () => this.taking && this.standing === 'open',
      pulls: () => this.puller !== undefined,
    });
  }

  async start(): Promise<void> {
    this.taking = true;
    if (pullsForFreeSlots(this.queue, this.shop.settings)) this.startPulling();
    this.steer();
    if (this.standing === 'open' && !this.puller) await Promise.all(this.all.map((level) => level.open()));
    if (!this.puller) this.scheduleCheck();
  }

  /**
   * Something in force may be otherwise: the queue may be paused, or not any more, this worker may have another share of
   * it, or jobs may be started now.
   */
  steer(): void {
    const { control, settings } = this.shop;
    this.slots.grant(control.shareOf(this.queue, settings.name));
    if (!this.taking) return;
    this.enter(control.isQueuePaused(this.queue) ? 'paused' : this.slots.most === 0 ? 'no share' : 'open');
    this.dispatch();
    this.puller?.wake();
  }

  private enter(standing: Standing): void {
    const before = this.standing;
    this.standing = standing;
    if (standing === 'open') this.hold(before === 'open');
    if (standing === before) return;
    const { events, name: worker } = this.shop.settings;
    if (standing === 'paused') void this.pause();
    else if (standing === 'no share' && before === 'open') void this.returnAll();
    if (before === 'paused') events.emit({ event: 'queue.resumed', worker, queue: this.queue });
  }

  private async pause(): Promise<void> {
    const { events, name: worker } = this.shop.settings;
    const handedBack = await this.returnAll();
    events.emit({ event: 'queue.paused', worker, queue: this.queue, handedBack });
  }

  /** Consumes nothing from here on; resolves with how much that was held is back in its queue. */
  private async returnAll(): Promise<number> {
    const given = await Promise.all(
      this.all.map(async (level) => (this.puller ? level.giveBack('all') : level.letGo('all'))),
    );
    return given.reduce((sum, count) => sum + count, 0);
  }

  /** Consumes as much as the slots can use. */
  private hold(consuming: boolean): void {
    if (this.puller) return;
    for (const level of this.levels) level.resize(this.slots.prefetch);
    if (!consuming) for (const level of this.all) level.takeUp();
  }

  private startPulling(): void {
    const { broker, clock } = this.shop.settings;
    this.puller = new Puller(broker, clock, {
      wanted: () => this.all.filter((level) => this.mayPull(level)).map((level) => level.source),
      onDelivery: (source, delivery) => {
        const level = this.all.find((known) => known.source === source);
        if (!level || (this.standing !== 'open' && !level.place.suspect)) delivery.requeue();
        else this.receive(level, delivery);
      },
    });
    this.puller.start();
  }

  private mayPull(level: Level): boolean {
    const room = this.slots.taken + this.held < this.slots.most && this.standing === 'open';
    return room && this.shop.mayStart() && !(level.place.suspect && this.slots.suspectRuns);
  }

  /** Takes nothing new and returns at once what had not started. */
  async quiet(): Promise<number> {
    this.taking = false;
    this.stopCheck?.();
    this.puller?.stop();
    const given = await Promise.all(this.all.map((level) => level.quiet()));
    return given.reduce((sum, count) => sum + count, 0);
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    if (this.slots.taken > 0) await new Promise<void>((resolve) => this.whenIdle.push(resolve));
  }

  /** Closes the channels: what is not settled returns to its queue. */
  async close(): Promise<void> {
    await Promise.all(this.all.map((level) => level.close()));
  }

  get consuming(): boolean {
    return this.taking && (this.puller !== undefined || this.all.every((level) => level.isWell));
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
    if (level.place.suspect) return this.suspects.receive(delivery);
    level.keep(delivery);
    this.dispatch();
  }

  /** Suspects first: they have waited through crashes, and one at a time takes one slot at most. */
  private get all(): Level[] {
    return [this.suspects.level, ...this.levels];
  }

  private *ready(): Generator<Delivery> {
    for (const level of this.levels) yield* level.ready;
  }

  private dispatch(): void {
    while (this.taking && this.standing === 'open' && this.slots.free && this.shop.mayStart()) {
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
    if (!this.slots.byTypes) return level.ready.length > 0 ? 0 : -1;
    return level.ready.findIndex((delivery) =>
      this.slots.mayRun(typeHint(delivery.message, this.shop.settings.handlers)),
    );
  }

  private take(level: Level): Delivery | undefined {
    const at = this.startable(level);
    return at === 0 ? level.ready.shift() : level.ready.splice(at, 1)[0];
  }

  private begin(level: Level, delivery: Delivery): void {
    const type = this.slots.byTypes ? typeHint(delivery.message, this.shop.settings.handlers) : '';
    const { suspect } = level.place;
    this.slots.take(type, suspect);
    this.starts++;
    level.movedAt = this.shop.settings.clock.now();
    void execute(delivery, level.place, this.shop).finally(() => {
      if (this.slots.release(type, suspect)) this.shop.tellSoon();
      this.suspects.wake();
      this.dispatch();
      this.puller?.wake();
      if (this.slots.taken === 0) this.whenIdle.splice(0).forEach((resolve) => resolve());
    });
  }

  private scheduleCheck(): void {
    this.stopCheck = this.shop.settings.clock.after(CHECK_MS, () => {
      for (const level of this.levels) this.check(level);
      this.suspects.look();
      this.dispatch();
      if (this.taking) this.scheduleCheck();
    });
  }

  /** A level that cannot start for some seconds lets others have what it holds; it comes back when there is room. */
  private check(level: Level): void {
    level.tidy();
    if (this.standing !== 'open') return;
    const starved = level.ready.length > 0 && this.shop.settings.clock.now() - level.movedAt > STARVED_MS;
    if (starved && level.isTaking) return void level.letGo('fresh');
    const room = this.slots.free && this.held === 0 && this.shop.mayStart();
    if (!level.isTaking && room) level.takeUp();
  }
}
