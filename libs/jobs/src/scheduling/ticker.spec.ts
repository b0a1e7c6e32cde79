import type { ScheduleEntry } from '../contracts/control';
import type { OutgoingMessage } from '../contracts/message';
import { EventBus } from '../events/event-bus';
import { fakeClock } from '../testing/fake-clock';
import { Ticker } from './ticker';

const START = Date.UTC(2030, 0, 1);
const MINUTE = 60_000;

const entry = (name: string, changes: Partial<ScheduleEntry> = {}): ScheduleEntry => ({
  ...{ kind: 'schedule', name, revision: 1, everyMs: MINUTE, anchor: START },
  ...changes,
});

/** A ticker, the control stream that it hears, and what it tells the ledger. */
function setUp(entries: readonly ScheduleEntry[]) {
  const clock = fakeClock(START);
  const told: { schedule: string; instant: number; at: number }[] = [];
  const listeners = new Set<() => void>();
  const control = {
    standing: 'present' as 'present' | 'unknown',
    schedules: new Map(entries.map((each) => [each.name, each])),
    clockOffsetMs: 0,
    beatAt: START as number | undefined,
    onChange: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const publisher = {
    publish: ({ body }: OutgoingMessage, done: () => void) => {
      told.push({ ...(JSON.parse(body.toString()) as { schedule: string; instant: number }), at: clock.now() });
      done();
    },
  };
  const events = new EventBus();
  const ticker = new Ticker({ control, publisher, by: 'test', clock, events });
  const change = (): void => {
    for (const listener of listeners) listener();
  };
  /** Beats come every five seconds, as long as a ledger lives. */
  const go = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 5_000) {
      await clock.advance(Math.min(5_000, left));
      control.beatAt = clock.now();
    }
  };
  const instants = (): number[] => told.map(({ instant }) => (instant - START) / MINUTE);
  return { clock, control, ticker, told, change, go, instants };
}

test('each moment is told once, when it is there', async () => {
  const { ticker, told, go } = setUp([entry('a'), entry('b', { everyMs: 90_000 })]);
  await ticker.start();
  await go(181_000);
  expect(told.map(({ schedule, at }) => [schedule, (at - START) / MINUTE])).toEqual([
    ['a', 1],
    ['b', 1.5],
    ['a', 2],
    ...[expect.anything(), expect.anything()],
  ]);
  expect(told.every(({ instant, at }) => instant === at)).toBe(true);
  await ticker.stop();
});

test('what is changed, added and lifted is followed; what is not goes on', async () => {
  const { ticker, control, go, change, told } = setUp([entry('a'), entry('b')]);
  await ticker.start();
  await go(30_000);
  control.schedules.delete('b');
  control.schedules.set('a', entry('a', { revision: 2, everyMs: 40_000 }));
  control.schedules.set('c', entry('c'));
  change();
  await go(35_000);
  expect(told.map(({ schedule, at }) => [schedule, at - START])).toEqual([
    ['a', 40_000],
    ['c', MINUTE],
  ]);
  await ticker.stop();
});

test('time is the database’s: a clock that is an hour ahead, or behind, tells nothing wrong', async () => {
  const { ticker, control, clock, go, told } = setUp([entry('a')]);
  control.clockOffsetMs = -3_600_000;
  await ticker.start();
  await go(MINUTE);
  expect(told.map(({ instant }) => instant - (clock.now() - 3_600_000))).toEqual([0]);
  await ticker.stop();
});

test('moments that a clock that was wrong has passed come again when it is set back', async () => {
  const { ticker, control, go, instants } = setUp([entry('a')]);
  await ticker.start();
  // For the time until the next beat it believes that it is an hour later.
  control.clockOffsetMs = 3_600_000;
  await go(2_000);
  expect(instants()).toEqual([1]);
  control.clockOffsetMs = 0;
  await go(3 * MINUTE);
  expect(instants()).toEqual([1, 1, 2, 3]);
  await ticker.stop();
});

test('a process that was stopped for an hour tells the last moment: the ledger decides those before it', async () => {
  const { ticker, control, clock, go, instants } = setUp([entry('a')]);
  await ticker.start();
  control.clockOffsetMs = 3_600_000;
  control.beatAt = clock.now();
  await clock.advance(1_000);
  expect(instants()).toEqual([1]);
  await go(MINUTE);
  expect(instants()).toEqual([1, 61]);
  await ticker.stop();
});

test('nothing is told while nobody listens, and what is late is shown', async () => {
  const { ticker, control, clock, go, instants } = setUp([entry('a')]);
  await ticker.start();
  await go(MINUTE);
  await clock.advance(2 * MINUTE);
  expect(instants()).toEqual([1]);
  expect(ticker.health()).toMatchObject({ ticking: false, late: [{ name: 'a', dueAt: START + 2 * MINUTE }] });
  control.beatAt = clock.now();
  await clock.advance(1_000);
  expect(instants()).toEqual([1, 2]);
  expect(ticker.health()).toMatchObject({ ticking: true, late: [], schedules: 1 });
  await ticker.stop();
});

test('stopped, it tells nothing more and leaves no timer; stopping twice is harmless', async () => {
  const { ticker, clock, told } = setUp([entry('a')]);
  await ticker.start();
  await ticker.stop();
  await ticker.stop();
  await clock.advance(10 * MINUTE);
  expect([told.length, clock.timers]).toEqual([0, 0]);
});

test('changes that come without end are followed, and keep no moment waiting', async () => {
  const { ticker, control, change, clock, told } = setUp([entry('a', { everyMs: 1_000 })]);
  await ticker.start();
  for (let i = 1; i <= 305; i++) {
    control.schedules.set(`s${i}`, entry(`s${i}`));
    change();
    await clock.advance(10);
  }
  expect(told.map(({ instant, at }) => [instant - START, at - instant])).toEqual(
    [1_000, 2_000, 3_000].map((at) => [at, 0]),
  );
  expect(ticker.health().schedules).toBeGreaterThan(290);
  await clock.advance(100);
  expect(ticker.health().schedules).toBe(306);
  await ticker.stop();
});

test('ten thousand schedules tick by one timer, each at its moment', async () => {
  const many = Array.from({ length: 10_000 }, (_, i) => entry(`s${i}`, { anchor: START + i }));
  const { ticker, clock, told, go } = setUp(many);
  await ticker.start();
  expect([ticker.health().schedules, clock.timers]).toEqual([10_000, 1]);
  await go(MINUTE - 1);
  expect(new Set(told.map(({ schedule }) => schedule)).size).toBe(9_999);
  expect(told.every(({ instant, at }) => instant === at)).toBe(true);
  await ticker.stop();
});
