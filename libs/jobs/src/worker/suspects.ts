import type { Delivery } from '../broker/delivery';
import type { Level } from './level';
import { read, typeHint } from './read';
import type { Slots } from './slots';
import type { Workshop } from './workshop';

/** So long a slot is kept for the next suspect after the last one: the broker delivers it within milliseconds. */
const KEPT_MS = 1_000;

/** What the suspects of a queue need of its levels. */
interface Surroundings {
  slots: Slots;
  shop: Workshop;
  /** Whether the queue is taken from at all: not stopping, not paused, not without a share. */
  isOpen: () => boolean;
  /** Whether this worker asks for messages one by one, and has no consumer to cancel. */
  pulls: () => boolean;
  begin: (level: Level, delivery: Delivery) => void;
}

/**
 * The queue of suspects in one worker. A return of a suspect is taken for a death of its worker, so none may be held
 * that does not run: a lost connection would convict it. One for which there is no slot goes back as a new message with
 * its count, its consumer is cancelled, and the next slot that is free is kept for a suspect.
 */
export class Suspects {
  /** When one was met last, or was looked for. */
  private metAt = 0;

  constructor(
    readonly level: Level,
    private readonly around: Surroundings,
  ) {}

  receive(delivery: Delivery): void {
    const { slots, begin, isOpen, pulls } = this.around;
    this.metAt = this.now();
    if (this.mayBegin(delivery)) {
      slots.keepOne(!pulls());
      return begin(this.level, delivery);
    }
    if (isOpen() && !pulls()) void this.level.letGo('all');
    this.putBack(delivery);
  }

  /** To be called about once a second: looks for a suspect again, or gives up the slot that was kept for one. */
  look(): void {
    const { slots, isOpen, shop } = this.around;
    this.level.tidy();
    if (!isOpen() || slots.suspectRuns) return;
    if (!this.level.isTaking && shop.mayStart()) slots.keepOne(true);
    else if (this.now() - this.metAt > KEPT_MS) slots.keepOne(false);
    this.wake();
  }

  /** A slot may have become free. */
  wake(): void {
    const { slots } = this.around;
    if (this.level.isTaking || !slots.keepsOne || !this.mayBeginOne()) return;
    this.metAt = this.now();
    this.level.takeUp();
  }

  private mayBegin({ message }: Delivery): boolean {
    const { slots, shop } = this.around;
    return this.mayBeginOne() && slots.mayRun(slots.byTypes ? typeHint(message, shop.settings.handlers) : '');
  }

  private mayBeginOne(): boolean {
    const { slots, isOpen, shop } = this.around;
    return isOpen() && slots.freeForSuspect && shop.mayStart();
  }

  /** It is among the runs until it is settled, so that a redelivery meanwhile is settled with it. */
  private putBack(delivery: Delivery): void {
    const { settings, runs, settler } = this.around.shop;
    const seen = read(delivery, this.level.place, settings);
    const run = { ...seen, key: `${seen.key}/back` };
    const standing = runs.enter(run);
    if (standing === run) settler.settle(run, { kind: 'returned' });
    else if (standing !== 'settled') settler.resume(standing);
  }

  private now(): number {
    return this.around.shop.settings.clock.now();
  }
}
