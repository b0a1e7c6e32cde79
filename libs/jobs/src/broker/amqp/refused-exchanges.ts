import type { Clock } from '../../lifecycle/clock';

const REFUSED_MS = 30_000;

/**
 * Exchanges that closed the channel when they were published to: missing ones and forbidden ones. Each such publish costs
 * all that is under way on the channel its confirm, so after a second try they are refused here for a while.
 */
export class RefusedExchanges {
  private readonly known = new Map<string, { times: number; untilMs: number; reason: string }>();

  constructor(private readonly clock: Clock) {}

  note(exchange: string, reason: string): void {
    const now = this.clock.now();
    const before = this.known.get(exchange);
    const times = before && before.untilMs > now - REFUSED_MS ? before.times + 1 : 1;
    this.known.set(exchange, { times, untilMs: now + REFUSED_MS, reason });
  }

  /** Why nothing may be published to it now; undefined when it may. */
  reasonFor(exchange: string): string | undefined {
    if (this.known.size === 0) return undefined;
    const refused = this.known.get(exchange);
    return refused && refused.times > 1 && refused.untilMs > this.clock.now() ? refused.reason : undefined;
  }
}
