import { type Occurrences, occurrencesOf } from '@scutwork/jobs/wire';
import { type ScheduleRow, isUsedUp } from './schedule-row';

/** How far a scheduler's clock may be ahead of the database's: what is further away is not due yet. */
const EARLY_MS = 1_000;
/** Missed moments beyond these are not counted one by one. */
const MOST_COUNTED = 1_000;
const FIRST_LOOK_MS = 60_000;

/** What is to be done with the moments of one schedule that are not decided. */
export interface Advance {
  /** Moments that get a job, in their order, as far as the limit on runs goes. */
  runs: { instant: number; late: boolean }[];
  /** Moments that were missed and get none; at most {@link MOST_COUNTED} of them, the newest. */
  missed: number[];
  /** Up to here everything is decided then. */
  watermark: number;
  nextAt: number | undefined;
}

/**
 * Which moments of a schedule are due, and what its policy says of those that are older than its grace. Pure: the same
 * row, clock and hint give the same answer everywhere.
 *
 * @param now the database's time in milliseconds since 1970
 * @param hint a moment that a scheduler says is due; one that is further away than {@link EARLY_MS} says nothing
 * @returns undefined when nothing is due
 * @throws ConfigurationError when the schedule cannot be evaluated any more
 */
export function advance(row: ScheduleRow, now: number, hint = 0): Advance | undefined {
  const occurs = occurrencesOf(row);
  const upTo = hint > now && hint <= now + EARLY_MS ? hint : now;
  if (!row.enabled || row.deletedAt !== undefined || isUsedUp(row)) return undefined;
  const { watermark, graceMs } = row;
  const freshFrom = Math.max(watermark, now - graceMs);
  const fresh = within(occurs, freshFrom, upTo);
  const old = freshFrom > watermark ? lastOf(occurs, watermark, freshFrom, wantedOf(row)) : [];
  if (fresh.length === 0 && old.length === 0) return undefined;
  const caughtUp = old.slice(old.length - caughtUpOf(row, old.length));
  const runs = [
    ...caughtUp.map((instant) => ({ instant, late: true })),
    ...fresh.map((instant) => ({ instant, late: false })),
  ];
  return {
    runs,
    missed: old.slice(0, old.length - caughtUp.length),
    watermark: Math.max(watermark, upTo),
    nextAt: occurs(Math.max(watermark, upTo)),
  };
}

/** Moments that are looked at of those that are missed. */
const wantedOf = ({ catchUp, catchUpLimit }: ScheduleRow): number =>
  catchUp === 'all' ? Math.max(MOST_COUNTED, catchUpLimit) : MOST_COUNTED;

function caughtUpOf({ catchUp, catchUpLimit }: ScheduleRow, count: number): number {
  switch (catchUp) {
    case 'skip':
      return 0;
    case 'once':
      return Math.min(1, count);
    case 'all':
      return Math.min(catchUpLimit, count);
  }
}

/** After `from`, up to `to` and with it. */
function within(occurs: Occurrences, from: number, to: number): number[] {
  const found: number[] = [];
  for (let at = occurs(from); at !== undefined && at <= to; at = occurs(at)) found.push(at);
  return found;
}

/** The last so many in that time, found from its end: years of missed seconds are not counted through. */
function lastOf(occurs: Occurrences, from: number, to: number, count: number): number[] {
  for (let spanMs = FIRST_LOOK_MS; ; spanMs *= 2) {
    const found = within(occurs, Math.max(from, to - spanMs), to);
    if (found.length >= count || to - spanMs <= from) return found.slice(-count);
  }
}
