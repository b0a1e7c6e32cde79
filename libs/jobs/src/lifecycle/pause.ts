import type { Clock } from './clock';

/** Waits; ends early when `signal` aborts. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(delayMs, end);
    signal.addEventListener('abort', end);
  });
}

/** Resolves when `work` has ended, however, or after the deadline: true when it ended in time. Never rejects. */
export async function within(clock: Clock, deadlineMs: number, work: Promise<unknown>): Promise<boolean> {
  const ended = new AbortController();
  const end = () => ended.abort();
  work.then(end, end);
  await pause(clock, deadlineMs, ended.signal);
  return ended.signal.aborted;
}
