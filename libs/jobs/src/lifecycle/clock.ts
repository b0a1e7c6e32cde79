/** Time and chance are passed in, so that policies are pure and tests can move the clock. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `action` once after `delayMs`; the returned function takes it back. */
  after(delayMs: number, action: () => void): () => void;
}

/** A number from 0 (included) to 1 (excluded). */
export type Random = () => number;

/** Longest wait that Node's timers take; longer ones fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, Math.min(delayMs, MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
};
