import { advance } from './advance';
import type { ScheduleRow } from './schedule-row';

const T0 = Date.UTC(2030, 0, 1);
const SECOND = 1_000;
const HOUR = 3_600_000;

const row = (changes: Partial<ScheduleRow> = {}): ScheduleRow => ({
  ...{ name: 'a', type: 'report.sales', payload: '{}', options: {}, everyMs: 60_000, anchor: T0, revision: 1 },
  ...{ overlap: 'allow', catchUp: 'once', catchUpLimit: 100, graceMs: 60_000, enabled: true, source: 'api' },
  ...{ watermark: T0, runCount: 0, missedCount: 0, skippedCount: 0, failedCount: 0 },
  ...{ createdAt: T0, createdBy: 'a', updatedAt: T0, updatedBy: 'a' },
  ...changes,
});

const minutes = (found: ReturnType<typeof advance>) => found?.runs.map(({ instant }) => (instant - T0) / 60_000);

test('a moment is decided once: the watermark passes it', () => {
  const first = advance(row(), T0 + 60_000 + 5);
  expect(first).toEqual({
    runs: [{ instant: T0 + 60_000, late: false }],
    missed: [],
    watermark: T0 + 60_005,
    nextAt: T0 + 120_000,
  });
  expect(advance(row({ watermark: first?.watermark }), T0 + 60_010, T0 + 60_000)).toBeUndefined();
});

test('a hint of a clock that is an hour ahead says nothing; one that is a little ahead is taken', () => {
  expect(advance(row(), T0 + 59_500, T0 + HOUR)).toBeUndefined();
  expect(minutes(advance(row(), T0 + 59_500, T0 + 60_000))).toEqual([1]);
  expect(advance(row({ watermark: T0 + 60_000 }), T0 + 59_990)).toBeUndefined();
});

test('a hint of a moment that the schedule does not have any more says nothing', () => {
  expect(advance(row({ everyMs: HOUR, watermark: T0 }), T0 + 60_005, T0 + 60_000)).toBeUndefined();
});

test.each([
  ['skip', [60], 59],
  ['once', [59, 60], 58],
  ['all', Array.from({ length: 60 }, (_, i) => i + 1), 0],
] as const)('after an hour without anybody: %s', (catchUp, ran, missed) => {
  const found = advance(row({ catchUp, graceMs: 30_000 }), T0 + HOUR + SECOND);
  expect(minutes(found)).toEqual(ran);
  expect(found?.missed).toHaveLength(missed);
  expect(found?.runs.filter(({ late }) => late)).toHaveLength(ran.length - 1);
});

test('all is bounded, by the newest, and years of seconds are not counted through', () => {
  const started = performance.now();
  const found = advance(row({ everyMs: SECOND, catchUp: 'all', catchUpLimit: 10 }), T0 + 10 * 365 * 24 * HOUR);
  expect(found?.runs.filter(({ late }) => late)).toHaveLength(10);
  expect(found?.missed).toHaveLength(990);
  expect(performance.now() - started).toBeLessThan(1_000);
});

test('a limit, an end, a switch: nothing more', () => {
  expect(advance(row({ runLimit: 1, runCount: 1 }), T0 + HOUR)).toBeUndefined();
  expect(advance(row({ enabled: false }), T0 + HOUR)).toBeUndefined();
  expect(advance(row({ deletedAt: T0 }), T0 + HOUR)).toBeUndefined();
  const ended = advance(row({ endAt: T0 + 120_000, graceMs: HOUR }), T0 + HOUR);
  expect(minutes(ended)).toEqual([1]);
  expect(ended?.nextAt).toBeUndefined();
});
