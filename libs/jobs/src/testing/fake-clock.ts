import type { Clock } from '../lifecycle/clock';

/** Kept from before a test replaces the timers of its process. */
const inNextTurn = setImmediate;
/** A publish, its routing, its confirm and the ack behind it take a handful of turns; the rest is for the code between. */
const TURNS_TO_SETTLE = 25;

interface Timer {
  dueMs: number;
  action: () => void;
}

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /**
   * Moves the clock by `ms`, stopping at every timer that comes due on the way, in order. Between two timers
   * everything that needs no time is given its turns: promises, publishes, confirms, deliveries.
   */
  advance(ms: number): Promise<void>;
  /** Lets everything run that needs no time. */
  settle(): Promise<void>;
  /** Timers that are set. */
  readonly timers: number;
  /** When the next one is due, milliseconds since 1970; undefined when none is set. */
  readonly nextTimerMs: number | undefined;
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
  let lastMove: Promise<void> = Promise.resolve();

  const nextDueBy = (endMs: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.dueMs <= endMs && (!next || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  };

  const move = async (ms: number): Promise<void> => {
    const endMs = nowMs + ms;
    await settle();
    for (let timer = nextDueBy(endMs); timer; timer = nextDueBy(endMs)) {
      timers.delete(timer);
      nowMs = Math.max(nowMs, timer.dueMs);
      timer.action();
      await settle();
    }
    nowMs = endMs;
  };

  return {
    now: () => nowMs,
    after(delayMs, action) {
      const timer = { dueMs: nowMs + Math.max(0, delayMs), action };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError(`advance takes milliseconds, 0 or more; it is ${ms}`);
      // A timer that threw has failed its own move; the next one goes on from there.
      lastMove = lastMove.catch(() => undefined).then(() => move(ms));
      return lastMove;
    },
    settle,
    get timers() {
      return timers.size;
    },
    get nextTimerMs() {
      return nextDueBy(Infinity)?.dueMs;
    },
  };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS_TO_SETTLE; turn += 1) await new Promise<void>((resolve) => inNextTurn(resolve));
}
