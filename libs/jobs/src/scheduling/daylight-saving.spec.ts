import { cronOccurrences } from './cron';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ZONES = [
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'Pacific/Chatham',
];
const YEARS = [2023, 2024, 2025, 2026, 2027, 2028];

/** A model that knows nothing of croner: minute by minute, as Vixie cron wakes up, by what Intl says a clock shows. */
interface Shown {
  minute: number;
  hour: number;
  weekday: number;
  /** Minutes since 1970 that such a clock would count. */
  wall: number;
}

function clockIn(timeZone: string): (ms: number) => Shown {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit' },
  });
  const known = new Map<number, Shown>();
  return (ms) => {
    const before = known.get(ms);
    if (before !== undefined) return before;
    const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = part;
    const shown = shownAt(Date.UTC(year, month - 1, day, hour, minute) / MINUTE);
    known.set(ms, shown);
    return shown;
  };
}

function shownAt(wall: number): Shown {
  const date = new Date(wall * MINUTE);
  return { minute: date.getUTCMinutes(), hour: date.getUTCHours(), weekday: date.getUTCDay(), wall };
}

interface Case {
  cron: string;
  wildcard: boolean;
  matches: (shown: Shown) => boolean;
}

const CASES: Case[] = [
  ...[0, 1, 2, 3].map((at): Case => {
    return { cron: `30 ${at} * * *`, wildcard: false, matches: ({ hour, minute }) => hour === at && minute === 30 };
  }),
  {
    cron: '0,15,45 1-3 * * *',
    wildcard: false,
    matches: ({ hour, minute }) => hour >= 1 && hour <= 3 && [0, 15, 45].includes(minute),
  },
  {
    cron: '0 2 * * SUN',
    wildcard: false,
    matches: ({ hour, minute, weekday }) => hour === 2 && minute === 0 && weekday === 0,
  },
  { cron: '0 * * * *', wildcard: true, matches: ({ minute }) => minute === 0 },
  { cron: '*/15 * * * *', wildcard: true, matches: ({ minute }) => minute % 15 === 0 },
  { cron: '10 */2 * * *', wildcard: true, matches: ({ hour, minute }) => hour % 2 === 0 && minute === 10 },
  { cron: '*/20 2 * * *', wildcard: true, matches: ({ hour, minute }) => hour === 2 && minute % 20 === 0 },
];

/** Every moment of the model after `from` and before `to`. */
function model({ wildcard, matches }: Case, clock: (ms: number) => Shown, from: number, to: number): number[] {
  const found: number[] = [];
  let latest = clock(from).wall;
  for (let ms = from + MINUTE; ms < to; ms += MINUTE) {
    const shown = clock(ms);
    if (wildcard) {
      if (matches(shown)) found.push(ms);
      continue;
    }
    // What the clock passes over is done at once; what it shows again has been done.
    let due = false;
    for (let wall = latest + 1; wall <= shown.wall; wall++) due ||= matches(shownAt(wall));
    if (due) found.push(ms);
    latest = Math.max(latest, shown.wall);
  }
  return found;
}

function evaluated(cron: string, timeZone: string, from: number, to: number): number[] {
  const occurs = cronOccurrences(cron, timeZone);
  const found: number[] = [];
  for (let at = occurs(from); at !== undefined && at < to; at = occurs(at)) found.push(at);
  return found;
}

/** Hours in which clocks are set, found by asking what they show. */
function changesIn(clock: (ms: number) => Shown, year: number): number[] {
  const found: number[] = [];
  const shift = (ms: number): number => clock(ms).wall * MINUTE - ms;
  for (let ms = Date.UTC(year, 0, 1); ms < Date.UTC(year + 1, 0, 1); ms += 6 * HOUR)
    if (shift(ms) !== shift(ms + 6 * HOUR)) found.push(ms);
  return found;
}

describe.each(ZONES)('in %s', (zone) => {
  const clock = clockIn(zone);
  // Where clocks are never set: an ordinary day of each year.
  const windows = YEARS.flatMap((year) => {
    const changes = changesIn(clock, year);
    return changes.length > 0 ? changes : [Date.UTC(year, 5, 15)];
  }).map((change) => ({ from: change - 30 * HOUR, to: change + 36 * HOUR }));

  it.each(CASES)('$cron occurs as Vixie cron would run it, around every change of six years', (each) => {
    for (const { from, to } of windows) {
      const [is, should] = [evaluated(each.cron, zone, from, to), model(each, clock, from, to)];
      expect(is.map((ms) => new Date(ms).toISOString())).toEqual(should.map((ms) => new Date(ms).toISOString()));
    }
  });

  it('says of any moment the same next occurrence, wherever it is asked from', () => {
    for (const { from, to } of windows.slice(0, 4)) {
      for (const { cron } of CASES) {
        const all = evaluated(cron, zone, from, to + 8 * 24 * HOUR);
        const occurs = cronOccurrences(cron, zone);
        for (let ms = from; ms < to; ms += 97 * MINUTE) expect(occurs(ms)).toBe(all.find((at) => at > ms));
      }
    }
  });
});

test('clocks are set in these zones as the tests believe: half an hour on Lord Howe, never in Kathmandu', () => {
  expect(changesIn(clockIn('Asia/Kathmandu'), 2026)).toEqual([]);
  expect(changesIn(clockIn('Africa/Casablanca'), 2026)).toHaveLength(2);
  const lordHowe = clockIn('Australia/Lord_Howe');
  const [change = 0] = changesIn(lordHowe, 2026);
  const shift = (ms: number): number => lordHowe(ms).wall * MINUTE - ms;
  expect(Math.abs(shift(change) - shift(change + 6 * HOUR))).toBe(30 * MINUTE);
});
