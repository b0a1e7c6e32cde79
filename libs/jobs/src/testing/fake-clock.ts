import type { Clock } from '../lifecycle/clock';
import { InTurn } from '../lifecycle/in-turn';

/** Kept from before a test replaces the timers of its process. */
const inNextTurn = setImmediate;
/** A publish, its routing, its confirm and the ack behind it take a handful of turns; the rest is for the code between. */
const TURNS_TO_SETTLE = 25;
/** From one thing that happens to the next that follows from it. */
const TURNS_TO_FOLLOW = 4;
/** Something that never comes to rest must not hold up the test for ever. */
const MOST_FOLLOWERS = 1_000;

interface Timer {
  dueMs: number;
  action: () => void;
}

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /**
   * Moves the clock by `ms`, stopping at every timer that comes due on the way, in order. Between two timers
   * everything that needs no time is given its turns: promises, publishes, confirms, deliveries.
   *
   * @param atEach called at every stop, when all that has settled
   */
  advance(ms: number, atEach?: () => void | Promise<void>): Promise<void>;
  /** Lets everything run that needs no time. */
  settle(): Promise<void>;
  /**
   * Tells the clock how to see that something happens: a number that rises with it. Between timers it then waits for as
   * long as it rises, which is both longer and shorter than it would otherwise.
   */
  watch(activity: () => number): void;
  /** Timers that are set. */
  readonly timers: number;
}

/**
 * A clock for tests.
 *
 * @param startMs what it shows at first, milliseconds since 1970. Default 2030-01-01T00:00:00Z
 * @example
 * const clock = fakeClock();
 * const broker = memoryBroker({ clock });
 * await clock.advance(60_000); // a minute's retries and delays, at once
 */
export function fakeClock(startMs: number = Date.UTC(2030, 0, 1)): FakeClock {
  let nowMs = startMs;
  /** By the order in which they were set. */
  const timers = new Set<Timer>();
  const watched: (() => number)[] = [];
  const moves = new InTurn();

  const nextDueBy = (endMs: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.dueMs <= endMs && (!next || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  };

  const activity = (): number => watched.reduce((sum, count) => sum + count(), 0);
  const follow = async (): Promise<void> => {
    if (watched.length === 0) return turns(TURNS_TO_SETTLE);
    for (let left = MOST_FOLLOWERS, seen = -1; left > 0 && seen !== activity(); left -= 1) {
      seen = activity();
      await turns(TURNS_TO_FOLLOW);
    }
  };
  const settle = async (): Promise<void> => {
    await turns(TURNS_TO_SETTLE);
    if (watched.length > 0) await follow();
  };

  const move = async (ms: number, atEach?: () => void | Promise<void>): Promise<void> => {
    const endMs = nowMs + ms;
    await settle();
    for (let timer = nextDueBy(endMs); timer; timer = nextDueBy(endMs)) {
      timers.delete(timer);
      nowMs = Math.max(nowMs, timer.dueMs);
      timer.action();
      await follow();
      await atEach?.();
    }
    nowMs = endMs;
    await settle();
  };

  return {
    now: () => nowMs,
    after(delayMs, action) {
      const timer = { dueMs: nowMs + Math.max(0, delayMs), action };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms, atEach) {
      if (!(ms >= 0)) throw new RangeError(`advance takes milliseconds, 0 or more; it is ${ms}`);
      // A timer that threw has failed its own move; the next one goes on from there.
      return moves.run(() => move(ms, atEach));
    },
    settle,
    watch: (count) => void watched.push(count),
    get timers() {
      return timers.size;
    },
  };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise<void>((resolve) => inNextTurn(resolve));
}
