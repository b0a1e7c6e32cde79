import { fakeClock } from '../../testing/fake-clock';
import { StallWatch } from './stall-watch';

const STALL_MS = 15_000;

function watch() {
  const clock = fakeClock();
  const stalls: number[] = [];
  const startMs = clock.now();
  const subject = { oldest: 'm1' as string | undefined, waiting: true };
  const watched = {
    standsStill: () => subject.oldest,
    isWaiting: () => subject.waiting,
    onStall: () => void stalls.push(clock.now() - startMs),
  };
  const stall = new StallWatch(watched, clock, STALL_MS);
  stall.begin();
  return { clock, stalls, subject, stall };
}

test('one that stays the oldest for the whole time is a stall; each takes twice as long as the one before, for 16 times at most', async () => {
  const { clock, stalls } = watch();
  await clock.advance(1_000_000);
  const gaps = stalls.map((at, index) => at - (stalls[index - 1] ?? 0));
  expect(gaps).toEqual([16_000, 31_000, 61_000, 121_000, 241_000, 241_000, 241_000]);
});

test('a broker that is slow but answers is none, however old the messages are', async () => {
  const { clock, stalls, subject } = watch();
  for (let n = 0; n < 20; n++) {
    subject.oldest = `m${n}`;
    await clock.advance(14_000);
  }
  expect(stalls).toEqual([]);
});

test('while it cannot answer no time passes; afterwards it has all of it', async () => {
  const { clock, stalls, subject } = watch();
  await clock.advance(10_000);
  subject.oldest = undefined;
  await clock.advance(60_000);
  subject.oldest = 'm1';
  await clock.advance(15_000);
  expect(stalls).toEqual([]);
  await clock.advance(1_000);
  expect(stalls).toHaveLength(1);
});

test('a message of another channel is another message, though it looks the same', async () => {
  const { clock, stalls, stall } = watch();
  await clock.advance(14_000);
  stall.forget();
  await clock.advance(14_000);
  expect(stalls).toEqual([]);
});

test('a process that was stopped for a minute has not waited', () => {
  let nowMs = 0;
  const due: (() => void)[] = [];
  const clock = { now: () => nowMs, after: (_: number, action: () => void) => (due.push(action), () => undefined) };
  let stalls = 0;
  const watched = { standsStill: () => 'm1', isWaiting: () => true, onStall: () => (stalls += 1) };
  new StallWatch(watched, clock, STALL_MS).begin();
  for (const lateMs of [1_000, 60_000, 1_000]) {
    nowMs += lateMs;
    due.shift()?.();
  }
  expect(stalls).toBe(0);
});

test('a stall that is long past is forgotten', async () => {
  const { clock, stalls, subject } = watch();
  await clock.advance(16_000);
  subject.oldest = undefined;
  await clock.advance(700_000);
  subject.oldest = 'm2';
  await clock.advance(16_000);
  expect(stalls).toHaveLength(2);
});

test('it looks only while something is awaited', async () => {
  const { clock, subject } = watch();
  subject.waiting = false;
  await clock.advance(5_000);
  expect(clock.timers).toBe(0);
});
