import type { Subscription } from '../broker/broker';
import type { Delivery } from '../broker/delivery';
import { InTurn } from '../lifecycle/in-turn';
import type { Place } from './run';
import type { Workshop } from './workshop';
import { reasonOf } from '../contracts/reason';

/** A consumer that was cancelled: its channel stays open for what came on it and is not settled. */
interface Retired {
  subscription: Subscription;
  deliveries: Delivery[];
}

/** One source of deliveries: the queue of a level, or the queue of suspects. It can be let go of and taken up again. */
export class Level {
  ready: Delivery[] = [];
  /** When it last could start something, or was empty. */
  movedAt: number;
  private subscription: Subscription | undefined;
  private retired: Retired[] = [];
  private wanted = true;
  private ended = false;
  /** Letting go and taking up happen one after the other. */
  private readonly turns = new InTurn();

  constructor(
    readonly place: Place,
    readonly source: string,
    private prefetch: number,
    private readonly shop: Workshop,
    private readonly onDelivery: (level: Level, delivery: Delivery) => void,
  ) {
    this.movedAt = shop.settings.clock.now();
  }

  /** False while it takes nothing, on purpose. */
  get isTaking(): boolean {
    return this.wanted;
  }

  /** Whether its consumer is as it should be. */
  get isWell(): boolean {
    return !this.wanted || this.subscription?.open === true;
  }

  /** Resolves when it is consumed, if it is to be. @throws BrokerError */
  open(): Promise<void> {
    return this.turns.run(async () => {
      if (this.wanted && !this.subscription) await this.consume();
    });
  }

  private async consume(): Promise<void> {
    const subscription = await this.shop.settings.broker.subscribe({
      queue: this.source,
      prefetch: this.prefetch,
      onDelivery: (delivery) => this.onDelivery(this, delivery),
      onLost: () => {
        this.ready = this.ready.filter((delivery) => delivery.alive);
      },
    });
    if (this.ended) return subscription.close();
    this.subscription = subscription;
  }

  /** It waits here until it is started or given back. */
  keep(delivery: Delivery): void {
    if (this.ready.length === 0) this.movedAt = this.shop.settings.clock.now();
    this.ready.push(delivery);
  }

  /**
   * Cancels the consumer first, then returns what it held; resolves with how much that was. `fresh`: only what was never
   * returned before, as each return counts towards the delivery limit.
   */
  letGo(which: 'fresh' | 'all'): Promise<number> {
    this.wanted = false;
    return this.turns.run(async () => {
      if (this.wanted) return 0;
      return this.retire(() => this.giveBack(which));
    });
  }

  /**
   * Holds at most so many from here on, which takes another consumer. What it holds beyond goes back, unless it was
   * returned before.
   */
  resize(prefetch: number): void {
    if (prefetch === this.prefetch) return;
    this.prefetch = prefetch;
    void this.turns.run(async () => {
      if (!this.wanted || this.ended || !this.subscription) return;
      await this.retire(() => this.giveBack('fresh', prefetch));
      await this.reopen();
    });
  }

  /** The consumer is cancelled first; its channel stays for what came on it and is not settled. */
  private async retire(giveBack: () => number): Promise<number> {
    const { subscription } = this;
    this.subscription = undefined;
    await subscription?.cancel();
    const given = giveBack();
    if (subscription) this.retired.push({ subscription, deliveries: [...this.unsettled()] });
    return given;
  }

  /** Consumes again. What fails is stated, and tried again when this is called again. */
  takeUp(): void {
    this.wanted = true;
    void this.turns.run(async () => {
      if (this.wanted && !this.ended && !this.subscription) await this.reopen();
    });
  }

  private async reopen(): Promise<void> {
    try {
      await this.consume();
    } catch (error) {
      const reason = reasonOf(error);
      this.shop.settings.events.emit({ event: 'channel.closed', queue: this.source, reason });
    }
  }

  /** Nothing is taken from here on; returns at once what had not started. */
  async quiet(): Promise<number> {
    this.ended = true;
    await this.subscription?.cancel();
    return this.giveBack('all');
  }

  /** Closes the channels: what is not settled returns to its queue. */
  async close(): Promise<void> {
    const open = this.subscription ? [this.subscription] : [];
    await Promise.all([...open, ...this.retired.map((one) => one.subscription)].map((one) => one.close()));
  }

  /** Closes the channels of old consumers on which nothing is left to settle, and takes up what could not be. */
  tidy(): void {
    if (this.wanted && !this.subscription) this.takeUp();
    if (this.retired.length === 0) return;
    const unsettled = this.unsettled();
    const isDone = ({ deliveries }: Retired): boolean => !deliveries.some((delivery) => unsettled.has(delivery));
    for (const { subscription } of this.retired.filter(isDone)) void subscription.close();
    this.retired = this.retired.filter((one) => !isDone(one));
  }

  /** @param keep the first so many stay */
  giveBack(which: 'fresh' | 'all', keep = 0): number {
    const back = this.ready.slice(keep).filter(({ message }) => which === 'all' || message.deliveryCount === 0);
    this.ready = this.ready.filter((delivery) => !back.includes(delivery));
    const alive = back.filter((delivery) => delivery.alive);
    for (const delivery of alive) delivery.requeue();
    return alive.length;
  }

  /** What of this level is held here, waiting or running. */
  private unsettled(): Set<Delivery> {
    const runs = [...this.shop.runs.all()].filter((run) => run.place === this.place);
    return new Set([...this.ready, ...runs.flatMap((run) => run.deliveries)]);
  }
}
