import { Slots } from './slots';

const slots = (share?: number): Slots => {
  const made = new Slots({ concurrency: 10, prefetch: 20 }, undefined);
  made.grant(share);
  return made;
};
const fill = (made: Slots, count: number): void => {
  for (let n = 0; n < count; n++) made.take('', false);
};

test.each([
  [undefined, 10, 20],
  [3, 3, 6],
  [1, 1, 2],
  [100, 10, 20],
])('a share of %s makes %i slots of ten, and holds %i messages a level', (share, most, prefetch) => {
  expect([slots(share).most, slots(share).prefetch]).toEqual([most, prefetch]);
});

test('a slot kept for a suspect is nobody else’s, until the suspect runs in it', () => {
  const made = slots(2);
  made.keepOne(true);
  expect([made.free, made.freeForSuspect]).toEqual([true, true]);
  fill(made, 1);
  expect([made.free, made.freeForSuspect]).toEqual([false, true]);
  made.take('', true);
  expect([made.free, made.freeForSuspect]).toEqual([false, false]);
  made.release('', true);
  made.keepOne(false);
  expect(made.free).toBe(true);
});

test('a share of 0 makes no slot', () => {
  expect([slots(0).most, slots(0).free]).toEqual([0, false]);
});

test('a share that shrinks interrupts nothing; a slot is free again when there are fewer than it', () => {
  const made = slots();
  fill(made, 5);
  made.grant(3);
  expect([made.free, made.taken]).toEqual([false, 5]);
  const over = [1, 2, 3].map(() => made.release('', false));
  // At three it has come down to its share; the one after is no news.
  expect(over).toEqual([true, true, false]);
  expect(made.free).toBe(true);
});

test('what is told is what runs, beside what could run without a share', () => {
  const made = slots(3);
  fill(made, 2);
  expect(made.told).toEqual({ most: 10, taken: 2 });
});

test('a type with a cap of its own leaves the slots to others', () => {
  const made = new Slots({ concurrency: 10, prefetch: 20 }, (type) => (type === 'a' ? 1 : Number.POSITIVE_INFINITY));
  made.take('a', false);
  expect([made.mayRun('a'), made.mayRun('b'), made.free]).toEqual([false, true, true]);
  made.release('a', false);
  expect(made.mayRun('a')).toBe(true);
});
