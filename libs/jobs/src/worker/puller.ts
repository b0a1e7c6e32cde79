import type { Broker } from '../broker/broker';
import type { Delivery } from '../broker/delivery';
import type { Clock } from '../lifecycle/clock';

const IDLE_MS = 500;

/** What a puller asks of the queue it pulls for. */
export interface PullTarget {
  /** Queues in the order in which they are asked, those left out that may not start anything now. */
  wanted(): string[];
  onDelivery(queue: string, delivery: Delivery): void;
}

/**
 * Takes messages one by one, for free slots only. For queues whose jobs may run so long that a message fetched ahead
 * would outlive the broker's consumer timeout unstarted. Costs a question per queue twice a second while idle.
 */
export class Puller {
  private active = false;
  private turning = false;
  private stopTimer: (() => void) | undefined;

  constructor(
    private readonly broker: Broker,
    private readonly clock: Clock,
    private readonly target: PullTarget,
  ) {}

  start(): void {
    this.active = true;
    this.wake();
  }

  stop(): void {
    this.active = false;
    this.stopTimer?.();
  }

  /** A slot became free: ask at once. */
  wake(): void {
    if (!this.active || this.turning) return;
    this.stopTimer?.();
    this.turning = true;
    void this.turn().finally(() => {
      this.turning = false;
      if (this.active) this.stopTimer = this.clock.after(IDLE_MS, () => this.wake());
    });
  }

  private async turn(): Promise<void> {
    while (this.active && (await this.pullOne()));
  }

  /** Highest level first; false when none has anything, or the broker is away. */
  private async pullOne(): Promise<boolean> {
    for (const queue of this.target.wanted()) {
      const delivery = await this.broker.pull(queue).catch(() => undefined); // Away: the connection reports itself, we ask again.
      if (!delivery) continue;
      if (this.active) this.target.onDelivery(queue, delivery);
      else delivery.requeue();
      return true;
    }
    return false;
  }
}
