import type { Clock } from '../../lifecycle/clock';

/** So often a message is found to be the oldest without an answer before its channel is given up. */
const FIRST_PATIENCE = 15;
/** A broker that is merely slow must not be sent the same again and again: each time the patience is twice as long, up to this. */
const LONGEST_PATIENCE = 16 * FIRST_PATIENCE;
/** After so many times the first patience a stall has nothing to do with the one before it. */
const FORGOTTEN_AFTER = 40;

export interface Watched {
  /**
   * What is the same for as long as nothing moves: the oldest message without an answer. Undefined while there is none, or
   * the broker cannot be expected to answer: there is no channel, or an alarm blocks it.
   */
  standsStill(): string | undefined;
  /** False ends the looking until `begin`. */
  isWaiting(): boolean;
  onStall(): void;
}

/**
 * Notices that the broker does not answer what was published, though the connection stands: RabbitMQ may lose the confirms of
 * a queue that changes its leader, and stop reading a connection over it, and tells nobody.
 *
 * Answers come in order where all is well, however slow it is: so it is the oldest message that is watched, not the age of
 * each. Looks are counted, not time: a process that was stopped has not been waiting.
 */
export class StallWatch {
  private cancel: (() => void) | undefined;
  private seen: string | undefined;
  private looks = 0;
  private patience = FIRST_PATIENCE;
  private stalledAtMs = 0;

  /** @param stallMs how long the first patience takes */
  constructor(
    private readonly watched: Watched,
    private readonly clock: Clock,
    private readonly stallMs: number,
  ) {}

  begin(): void {
    this.cancel ??= this.clock.after(this.stallMs / FIRST_PATIENCE, () => {
      this.cancel = undefined;
      this.look();
      if (this.watched.isWaiting()) this.begin();
    });
  }

  /** Another channel: nothing that was seen is of it. */
  forget(): void {
    this.seen = undefined;
  }

  end(): void {
    this.cancel?.();
  }

  private look(): void {
    const now = this.watched.standsStill();
    this.looks = now !== undefined && now === this.seen ? this.looks + 1 : 0;
    this.seen = now;
    if (this.looks < this.patienceNow()) return;
    this.patience = Math.min(this.patience * 2, LONGEST_PATIENCE);
    this.stalledAtMs = this.clock.now();
    this.forget();
    this.watched.onStall();
  }

  private patienceNow(): number {
    if (this.clock.now() - this.stalledAtMs > FORGOTTEN_AFTER * this.stallMs) this.patience = FIRST_PATIENCE;
    return this.patience;
  }
}
