import { type CronText, cronFault, readCron } from './cron-text';
import { type TimeZone, timeZoneOf } from './time-zone';

/** The first moment after `afterMs`, both in milliseconds since 1970; undefined when there is none. */
export type Occurrences = (afterMs: number) => number | undefined;

/** The same on a clock that is never set: times are what such a clock shows, as if it were in UTC. */
type OnTheWall = (afterWall: number) => number | undefined;

const MOST_KEPT = 20_000;
const kept = new Map<string, Occurrences>();

/**
 * When a cron expression of 5 fields, 6 with seconds first, or a name such as `daily` or `@daily` occurs. Day of month
 * and day of week are either-or unless one begins with `*`, as in Vixie cron. Where clocks are set, Vixie's rule holds:
 * one whose minute or hour begins with `*` follows elapsed time; any other occurs once at the moment of the change for
 * what the change leaves out, and once, the first time, for what comes twice.
 *
 * @throws ConfigurationError `cron_invalid`, `field` naming the part at fault, e.g. `cron.minute` or `timeZone`
 * @example cronOccurrences('30 2 * * *', 'Europe/Berlin')(Date.now())
 */
export function cronOccurrences(expression: string, timeZone: string): Occurrences {
  const key = `${timeZone} ${expression}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const zone = timeZoneOf(timeZone);
  const text = readCron(expression);
  const wall = onTheWall(text);
  if (text.mayNeverOccur && wall(Date.UTC(2000, 0, 1)) === undefined) {
    throw cronFault('cron', `"${expression}" never occurs`, 'Choose a day that its month has.');
  }
  const occurs = text.recurs ? byElapsedTime(wall, zone) : byTheClock(wall, zone);
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(key, occurs);
  return occurs;
}

/**
 * The same for a fixed distance.
 * @param everyMs milliseconds, at least 1000
 * @param fromMs the moment it is counted from, in milliseconds since 1970: every replica finds the same moments
 */
export function everyOccurrences(everyMs: number, fromMs = 0): Occurrences {
  return (afterMs) => fromMs + (Math.floor((afterMs - fromMs) / everyMs) + 1) * everyMs;
}

/** croner is asked without a zone: what clocks that are set do to a schedule is decided here. */
function onTheWall({ cron }: CronText): OnTheWall {
  return (afterWall) => cron.nextRun(new Date(afterWall))?.getTime();
}

/** What clocks show counts, between two changes as after them; an hour that comes twice counts twice. */
function byElapsedTime(wall: OnTheWall, zone: TimeZone): Occurrences {
  return (afterMs) => {
    for (let from = afterMs; ;) {
      const offset = zone.offsetAt(from);
      const shown = wall(from + offset);
      if (shown === undefined) return undefined;
      const change = zone.transitionWithin(from, shown - offset);
      if (change === undefined) return shown - offset;
      // A millisecond less, by the clock as it is afterwards: the change itself may be an occurrence.
      const first = wall(change.at + change.after - 1);
      if (first === change.at + change.after) return change.at;
      from = change.at;
    }
  };
}

/**
 * Each time that a clock should show is one moment: the first at which it shows it, or the change that leaves it out.
 * Moments follow each other as those times do, so nothing before `afterMs` need be looked at.
 */
function byTheClock(wall: OnTheWall, zone: TimeZone): Occurrences {
  return (afterMs) => {
    let shown = wall(afterMs + zone.offsetAt(afterMs));
    while (shown !== undefined) {
      const moment = firstShowing(shown, zone);
      if (moment > afterMs) return moment;
      shown = wall(shown);
    }
    return undefined;
  };
}

/** No zone is further from UTC, and none is set by more at once but for changes of the date line. */
const FARTHEST_MS = 26 * 3_600_000;

function firstShowing(shown: number, zone: TimeZone): number {
  const before = zone.offsetAt(shown - FARTHEST_MS);
  const change = zone.transitionWithin(shown - FARTHEST_MS, shown + FARTHEST_MS);
  if (change === undefined || shown < change.at + change.before) return shown - before;
  return Math.max(change.at, shown - change.after);
}
