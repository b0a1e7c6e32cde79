import { fakeClock } from '../../testing/fake-clock';
import { watchIdle } from './idle-watch';

const EVERY_MS = 15_000;

function watch() {
  const clock = fakeClock();
  const startMs = clock.now();
  const forgotten: number[] = [];
  const subject = {
    stands: 'c1: 0' as string | undefined,
    sign: '3 wait' as string | undefined,
    asked: 0,
    consumers: 1,
  };
  const consumer = {
    standsStill: () => subject.stands,
    sign: () => Promise.resolve(subject.sign).finally(() => (subject.asked += 1)),
    onForgotten: () => {
      forgotten.push((clock.now() - startMs) / EVERY_MS);
      subject.stands = `c${(subject.consumers += 1)}: 0`;
    },
  };
  const ending = new AbortController();
  const ended = watchIdle(consumer, clock, EVERY_MS, ending.signal);
  return { clock, subject, forgotten, ending, ended };
}

test('one that gets nothing though messages wait is forgotten; each in its place has twice the looks, up to 32', async () => {
  const { clock, forgotten } = watch();
  for (let look = 0; look < 140; look++) await clock.advance(EVERY_MS);
  const gaps = forgotten.map((at, index) => at - (forgotten[index - 1] ?? 0));
  expect(gaps).toEqual([3, 5, 9, 17, 33, 33, 33]);
});

test('one that gets something now and then is not, and nobody asks while it does or holds something', async () => {
  const { clock, subject, forgotten } = watch();
  for (let look = 0; look < 20; look++) {
    subject.stands = look % 2 === 0 ? `c1: ${look}` : undefined;
    await clock.advance(EVERY_MS);
  }
  expect([forgotten, subject.asked]).toEqual([[], 0]);
});

test('nor is one for which nothing waits, or that gets what waited in time', async () => {
  const { clock, subject, forgotten } = watch();
  for (let look = 0; look < 20; look++) {
    subject.sign = look % 2 === 0 ? undefined : '1 waits';
    await clock.advance(EVERY_MS);
  }
  expect(forgotten).toEqual([]);
});

test('one that has been given something has the short patience again; the looking ends with its subscription', async () => {
  const { clock, subject, forgotten, ending, ended } = watch();
  for (let look = 0; look < 4; look++) await clock.advance(EVERY_MS);
  subject.stands = 'c2: 1';
  for (let look = 0; look < 3; look++) await clock.advance(EVERY_MS);
  expect(forgotten).toEqual([3, 7]);
  ending.abort();
  await expect(ended).resolves.toBeUndefined();
});
