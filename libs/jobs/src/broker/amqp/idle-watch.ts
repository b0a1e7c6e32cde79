import type { Clock } from '../../lifecycle/clock';
import { pause } from '../../lifecycle/pause';

/** So many looks in a row make sure of it. */
const FIRST_PATIENCE = 2;
/** A consumer in whose place another one gets nothing either is not replaced again and again: each takes twice the looks, up to this. */
const LONGEST_PATIENCE = 16 * FIRST_PATIENCE;

export interface IdleConsumer {
  /**
   * What is the same for as long as nothing comes. Undefined while nothing can be expected: it is not open, or holds
   * something and may be full.
   */
  standsStill(): string | undefined;
  /** What shows just now that RabbitMQ has forgotten it, if anything does. */
  sign(): Promise<string | undefined>;
  /** @param sign the last one that was seen */
  onForgotten(sign: string): void;
}

/**
 * Notices a consumer that RabbitMQ has forgotten: it is given nothing and holds nothing, and its queue has something to give,
 * or says that nobody consumes it. RabbitMQ 3.10 in a cluster may forget the consumers of a queue that is deleted and made
 * anew, and tells nobody.
 *
 * @param everyMs from one look to the next, in milliseconds
 */
export async function watchIdle(
  consumer: IdleConsumer,
  clock: Clock,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  let [seen, looks, patience] = [undefined as string | undefined, 0, FIRST_PATIENCE];
  for (;;) {
    await pause(clock, everyMs, signal);
    if (signal.aborted) return;
    const now = consumer.standsStill();
    const moved = now === undefined || now !== seen;
    if (moved && seen !== undefined) patience = FIRST_PATIENCE;
    seen = now;
    const sign = moved ? undefined : await consumer.sign();
    looks = sign !== undefined && consumer.standsStill() === now ? looks + 1 : 0;
    if (sign === undefined || looks < patience) continue;
    patience = Math.min(patience * 2, LONGEST_PATIENCE);
    looks = 0;
    seen = undefined;
    consumer.onForgotten(sign);
  }
}
