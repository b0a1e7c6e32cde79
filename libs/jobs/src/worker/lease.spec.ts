import { fakeClock } from '../testing/fake-clock';
import { Lease } from './lease';

test('it holds for twenty seconds from when the last confirmed heartbeat was made', async () => {
  const clock = fakeClock(0);
  const lease = new Lease(clock);
  expect(lease.holds).toBe(false);
  await clock.advance(5_000);
  lease.confirm(1_000);
  lease.confirm(0);
  await clock.advance(16_000);
  expect(lease.holds).toBe(true);
  await clock.advance(1);
  expect(lease.holds).toBe(false);
  lease.confirm(20_000);
  expect(lease.holds).toBe(true);
});

test('once ended it is regained by a heartbeat made since, not by one that is confirmed late', async () => {
  const clock = fakeClock(0);
  const lease = new Lease(clock);
  lease.confirm(0);
  await clock.advance(9_000);
  lease.end();
  lease.confirm(8_999);
  expect(lease.holds).toBe(false);
  lease.confirm(9_000);
  expect(lease.holds).toBe(true);
});

test('a heartbeat that is overdue by more than two seconds is a gap, and so is a clock that was set back', async () => {
  const clock = fakeClock(0);
  let now = 0;
  const lease = new Lease({ ...clock, now: () => now });
  const gapAt = (ms: number) => ((now = ms), lease.gapMs);
  expect([gapAt(5_000), gapAt(7_000), gapAt(7_001), gapAt(-1)]).toEqual([undefined, undefined, 7_001, -1]);
  now = 60_000;
  lease.tick();
  expect(lease.gapMs).toBeUndefined();
});

test('it does not hold by a clock that was set back', () => {
  let now = 10_000;
  const lease = new Lease({ now: () => now, after: () => () => undefined });
  lease.confirm(10_000);
  now = 9_000;
  expect(lease.holds).toBe(false);
});
