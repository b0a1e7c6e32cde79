import { cronOccurrences, everyOccurrences } from './cron';

const at = (text: string) => Date.parse(text);
/** The next occurrences after a moment, as texts. */
function next(expression: string, timeZone: string, after: string, count: number): string[] {
  const occurs = cronOccurrences(expression, timeZone);
  const found: string[] = [];
  for (let now = at(after); found.length < count;) {
    now = occurs(now) ?? Number.NaN;
    found.push(new Date(now).toISOString());
  }
  return found;
}

describe('a cron expression', () => {
  it('occurs strictly after the moment asked from', () => {
    expect(next('0 12 * * *', 'UTC', '2026-01-01T12:00:00Z', 1)).toEqual(['2026-01-02T12:00:00.000Z']);
    expect(next('0 12 * * *', 'UTC', '2026-01-01T11:59:59.999Z', 1)).toEqual(['2026-01-01T12:00:00.000Z']);
  });

  it('may have seconds, names, nicknames, and the last day of a month', () => {
    expect(next('*/20 * * * * *', 'UTC', '2026-01-01T00:00:05Z', 2)).toEqual([
      '2026-01-01T00:00:20.000Z',
      '2026-01-01T00:00:40.000Z',
    ]);
    expect(next('0 9 * * MON-FRI', 'UTC', '2026-01-02T09:00:00Z', 1)).toEqual(['2026-01-05T09:00:00.000Z']);
    expect(next('@daily', 'UTC', '2026-01-01T05:00:00Z', 1)).toEqual(['2026-01-02T00:00:00.000Z']);
    expect(next('0 0 L 2 *', 'UTC', '2026-01-01T00:00:00Z', 2)).toEqual([
      '2026-02-28T00:00:00.000Z',
      '2027-02-28T00:00:00.000Z',
    ]);
  });

  it('may be a name, with the nearest weekday, the last Friday, the second Monday', () => {
    expect(next('daily', 'UTC', '2026-01-01T05:00:00Z', 1)).toEqual(next('@daily', 'UTC', '2026-01-01T05:00:00Z', 1));
    expect(next('Hourly', 'UTC', '2026-01-01T05:30:00Z', 1)).toEqual(['2026-01-01T06:00:00.000Z']);
    expect(next('0 0 15W * *', 'UTC', '2026-02-01T00:00:00Z', 1)).toEqual(['2026-02-16T00:00:00.000Z']);
    expect(next('0 0 * * FRIL', 'UTC', '2026-02-01T00:00:00Z', 1)).toEqual(['2026-02-27T00:00:00.000Z']);
    expect(next('0 0 * * MON#2', 'UTC', '2026-02-01T00:00:00Z', 1)).toEqual(['2026-02-09T00:00:00.000Z']);
  });

  it('takes either day, unless one of them begins with a star: then both must hold', () => {
    expect(next('0 0 13 * FRI', 'UTC', '2026-02-01T00:00:00Z', 2)).toEqual([
      '2026-02-06T00:00:00.000Z',
      '2026-02-13T00:00:00.000Z',
    ]);
    expect(next('0 0 */2 * MON', 'UTC', '2026-02-01T00:00:00Z', 2)).toEqual([
      '2026-02-09T00:00:00.000Z',
      '2026-02-23T00:00:00.000Z',
    ]);
  });

  it('follows the clock of its time zone', () => {
    expect(next('0 9 * * *', 'America/New_York', '2026-07-01T00:00:00Z', 1)).toEqual(['2026-07-01T13:00:00.000Z']);
    expect(next('0 9 * * *', 'America/New_York', '2026-12-01T00:00:00Z', 1)).toEqual(['2026-12-01T14:00:00.000Z']);
  });

  it('with a fixed time that the day leaves out occurs once, at the next moment there is', () => {
    // Berlin, 2026-03-29: 02:00 to 03:00 does not exist.
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
  });

  it('with a fixed time that comes twice occurs once', () => {
    // Berlin, 2026-10-25: 02:00 to 03:00 comes twice.
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  it('that recurs within the day goes on through the hour that comes twice', () => {
    const every = next('*/30 * * * *', 'Europe/Berlin', '2026-10-24T23:50:00Z', 6).map(at);
    expect(every.slice(1).map((moment, i) => moment - (every[i] ?? 0))).toEqual(
      Array.from({ length: 5 }, () => 30 * 60_000),
    );
  });

  it.each([
    ['61 * * * *', 'cron.minute', '"61"'],
    ['* 24 * * *', 'cron.hour', '"24"'],
    ['* * 32 * *', 'cron.day-of-month', '"32"'],
    ['* * * 13 *', 'cron.month', '"13"'],
    ['* * * * MOO', 'cron.day-of-week', '"MOO"'],
    ['99 * * * * *', 'cron.second', '"99"'],
    ['*/0 * * * *', 'cron.minute', '"*/0"'],
    ['* * * *', 'cron', '4 fields'],
    ['* * * * * * 2030', 'cron', '7 fields'],
    ['', 'cron', '0 fields'],
    ['@fortnightly', 'cron', '@fortnightly'],
    ['fortnightly', 'cron', '1 fields'],
    [`${'1,'.repeat(150)}1 * * * *`, 'cron', 'characters'],
    ['0 0 1W-3W * *', 'cron.day-of-month', '"1W-3W"'],
    ['0 0 * * MON#6', 'cron.day-of-week', '"MON#6"'],
    ['2030-01-01T00:00:00', 'cron', '1 fields'],
    ['0 0 30 2 *', 'cron', 'never occurs'],
  ])('%j is refused, naming %s', (expression, field, said) => {
    const parse = () => cronOccurrences(expression, 'UTC');
    expect(parse).toThrow(said);
    expect(errorOf(parse)).toMatchObject({ code: 'cron_invalid', field, hint: expect.any(String) });
  });

  it('is refused in a time zone that does not exist', () => {
    expect(errorOf(() => cronOccurrences('* * * * *', 'Mars/Olympus'))).toMatchObject({
      code: 'cron_invalid',
      field: 'timeZone',
    });
    for (const zone of ['CEST', '+02:00', 'EST', '', 'Europe/Nowhere'])
      expect(() => cronOccurrences('* * * * *', zone)).toThrow('is not a time zone');
  });
});

describe('a fixed distance', () => {
  it('has the same moments for everybody, whenever they start', () => {
    const occurs = everyOccurrences(90_000);
    expect(occurs(at('2026-01-01T00:00:00Z'))).toBe(at('2026-01-01T00:01:30Z'));
    expect(occurs(at('2026-01-01T00:01:29.999Z'))).toBe(at('2026-01-01T00:01:30Z'));
    expect(occurs(at('2026-01-01T00:01:30Z'))).toBe(at('2026-01-01T00:03:00Z'));
    expect(everyOccurrences(90_000, 7_000)(0)).toBe(7_000);
  });
});

function errorOf(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
