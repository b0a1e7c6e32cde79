import type { ChannelModel } from 'amqplib';
import type { Clock, Random } from '../../lifecycle/clock';
import type { Link } from './link';
import { pause } from '../../lifecycle/pause';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;
/** What lived this long had been opened well; the next loss begins with the short pause again. */
const HEALTHY_MS = 5_000;

export interface KeptOpen {
  /** Asked before each time: it may be another one by then. */
  link: () => Link;
  clock: Clock;
  random: Random;
  /** Most milliseconds between two tries, asked after each that failed. Default 5,000. */
  longestPauseMs?: () => number | undefined;
  /** Ends the loop; what is open stays open. */
  signal: AbortSignal;
  /** Opens a channel; resolves with a promise of its loss. */
  open(model: ChannelModel): Promise<{ lost: Promise<unknown> }>;
  /** It could not be opened, this many times in a row. */
  onFault(error: unknown, failures: number): void;
}

/**
 * Opens a channel, waits until it is lost, opens it again: a channel that the broker closes (a missing queue, a consumer
 * timeout, a bad ack) does not come back with the connection, which stays.
 */
export async function keepOpen(kept: KeptOpen): Promise<void> {
  const { clock, signal } = kept;
  let failures = 0;
  for (;;) {
    const link = kept.link();
    const model = await link.whenUp(signal);
    if (!model) return;
    const openedAt = clock.now();
    try {
      const { lost } = await kept.open(model);
      await lost;
      failures = clock.now() - openedAt >= HEALTHY_MS ? 1 : failures + 1;
      // The connection has a pause of its own.
      if (link.model !== model) failures = 0;
    } catch (error) {
      failures += 1;
      kept.onFault(error, failures);
    }
    const longestMs = kept.longestPauseMs?.() ?? LONGEST_PAUSE_MS;
    await pause(clock, pauseMs(failures, longestMs, kept.random), signal);
  }
}

function pauseMs(failures: number, longestMs: number, random: Random): number {
  return Math.min(longestMs, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 16)) * (0.5 + random());
}
