import { ConfigurationError } from '../contracts/errors';

const DAY_MS = 86_400_000;
const MOST_DAYS_KEPT = 20_000;

/** One moment at which the clocks of a zone were, or will be, set. */
export interface Transition {
  /** Milliseconds since 1970. */
  at: number;
  /** What is added to UTC before and after it, in milliseconds. */
  before: number;
  after: number;
}

interface Day {
  /** At its beginning. */
  offset: number;
  transition: Transition | undefined;
}

/** The clocks of one time zone, by the tz database of this Node. Days are looked up once and kept. */
export class TimeZone {
  private readonly format: Intl.DateTimeFormat;
  private readonly days = new Map<number, Day>();

  constructor(readonly name: string) {
    this.format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset', year: 'numeric' });
  }

  /** What is added to UTC at that moment, in milliseconds. */
  offsetAt(ms: number): number {
    const { offset, transition } = this.day(Math.floor(ms / DAY_MS));
    return transition !== undefined && ms >= transition.at ? transition.after : offset;
  }

  /** The first time clocks are set after `afterMs`, if that is at or before `untilMs`. */
  transitionWithin(afterMs: number, untilMs: number): Transition | undefined {
    const last = Math.floor(untilMs / DAY_MS);
    for (let day = Math.floor(afterMs / DAY_MS); day <= last; day++) {
      const { transition } = this.day(day);
      if (transition !== undefined && transition.at > afterMs && transition.at <= untilMs) return transition;
    }
    return undefined;
  }

  /** No zone of today sets its clocks twice within one day. */
  private day(number: number): Day {
    const known = this.days.get(number);
    if (known !== undefined) return known;
    const [from, to] = [number * DAY_MS, (number + 1) * DAY_MS];
    const [offset, next] = [this.ask(from), this.ask(to)];
    const day = { offset, transition: offset === next ? undefined : this.find(from, to, offset, next) };
    if (this.days.size >= MOST_DAYS_KEPT) this.days.clear();
    this.days.set(number, day);
    return day;
  }

  private find(from: number, to: number, before: number, after: number): Transition {
    let [low, high] = [from / 1_000, to / 1_000];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.ask(middle * 1_000) === before) low = middle;
      else high = middle;
    }
    return { at: high * 1_000, before, after };
  }

  private ask(ms: number): number {
    const [, sign, hours = '0', minutes = '0', seconds = '0'] =
      /GMT(?:([+-])(\d+):?(\d+)?:?(\d+)?)?$/.exec(this.format.format(ms)) ?? [];
    const size = Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1_000;
    return sign === '-' ? -size : size;
  }
}

const zones = new Map<string, TimeZone>();

/**
 * @param name of the tz database, e.g. `Europe/Berlin`
 * @throws ConfigurationError `cron_invalid`, field `timeZone`
 */
export function timeZoneOf(name: string): TimeZone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  if (!isTimeZone(name)) {
    throw new ConfigurationError('cron_invalid', `timeZone: ${JSON.stringify(name)} is not a time zone`, {
      field: 'timeZone',
      hint: 'Use a name of the tz database, such as "UTC" or "Europe/Berlin".',
    });
  }
  const zone = new TimeZone(name);
  zones.set(name, zone);
  return zone;
}

/** Abbreviations and offsets are none: they do not say when clocks change. */
function isTimeZone(name: unknown): boolean {
  if (typeof name !== 'string' || !/^(UTC|GMT|[A-Za-z_]+(\/[A-Za-z0-9_+-]+)+)$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
