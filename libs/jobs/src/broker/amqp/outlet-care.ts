import { within } from '../../lifecycle/pause';
import type { Link } from './link';
import type { ResolvedAmqpOptions } from './options';
import type { Outlet } from './outlet';
import { Renewal } from './renewal';
import { StallWatch } from './stall-watch';

/** Of `stallMs`: RabbitMQ closes a channel within so long, or it does not read the connection. */
const CLOSING_SHARE = 1 / 3;

/** Whose channel is cared for. */
export interface CaredFor {
  /** The open one. */
  outlet(): Outlet | undefined;
  /** Messages not yet confirmed, sent or buffered. */
  pending(): number;
  /** Gives it up: what was sent on it may have arrived. */
  lose(outlet: Outlet, reason: string): void;
  report(reason: string): void;
}

/**
 * Replaces a channel that is open and of no use any more. Both were seen in clusters of RabbitMQ 3.10 that had lost or
 * restarted a node, and lasted until the node was back.
 */
export class OutletCare {
  private readonly stall: StallWatch;
  private readonly renewal = new Renewal();

  constructor(
    private readonly link: Link,
    private readonly options: ResolvedAmqpOptions,
    private readonly publisher: CaredFor,
  ) {
    const watched = {
      standsStill: () => (link.blocked ? undefined : publisher.outlet()?.standsStill),
      isWaiting: () => publisher.pending() > 0 || publisher.outlet()?.standsStill !== undefined,
      onStall: () => this.giveUp(),
    };
    this.stall = new StallWatch(watched, options.clock, options.stallMs);
  }

  published(): void {
    this.stall.begin();
  }

  opened(): void {
    this.stall.forget();
  }

  end(): void {
    this.stall.end();
  }

  /** A queue refused a message. */
  refused(): void {
    const outlet = this.publisher.outlet();
    const now = this.options.clock.now();
    if (!outlet || outlet.isRetiring || !this.renewal.nacked(now - outlet.openedAtMs, now)) return;
    outlet.retire();
    this.publisher.report('a queue refuses messages; another channel may find that its leader has changed');
  }

  /** Whoever repeats what was sent does so on another channel, as when one is lost. */
  private giveUp(): void {
    const outlet = this.publisher.outlet();
    const { model } = this.link;
    if (!outlet || !model) return;
    const reason = 'the broker does not answer, though it keeps the connection';
    this.publisher.lose(outlet, reason);
    this.publisher.report(reason);
    const { clock, stallMs } = this.options;
    void within(clock, stallMs * CLOSING_SHARE, outlet.close()).then((isClosed) => {
      if (!isClosed) this.link.hangUp(model, reason);
    });
  }
}
