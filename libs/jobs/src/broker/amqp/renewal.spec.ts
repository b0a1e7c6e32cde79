import { Renewal } from './renewal';

/** When a channel is replaced whose queue refuses all, in seconds; a message each tenth of one. */
function renewedAt(untilS: number): number[] {
  const renewal = new Renewal();
  const at: number[] = [];
  let openedAtMs = 0;
  for (let nowMs = 100; nowMs <= untilS * 1_000; nowMs += 100) {
    if (!renewal.nacked(nowMs - openedAtMs, nowMs)) continue;
    at.push(nowMs / 1_000);
    openedAtMs = nowMs;
  }
  return at;
}

test('soon, and then ever more rarely, for a queue that is full refuses as well', () => {
  expect(renewedAt(125)).toEqual([1, 3, 7, 15, 31, 61, 91, 121]);
});

test('a refusal long after the last is a new one', () => {
  const renewal = new Renewal();
  for (let nowMs = 0; nowMs <= 20_000; nowMs += 100) renewal.nacked(nowMs, nowMs);
  expect(renewal.nacked(5_000, 25_000)).toBe(false);
  expect(renewal.nacked(1_000, 90_000)).toBe(true);
});

test('a channel that has just been opened is kept', () => {
  expect(new Renewal().nacked(999, 5_000)).toBe(false);
});
