import type { ScutworkEvent } from '../contracts/job-events';
import { EventBus } from '../events/event-bus';
import { fakeClock } from '../testing/fake-clock';
import { SpoolDrain } from './spool-drain';

/** A spool whose drains end when and as the test says. */
function setUp() {
  const clock = fakeClock();
  const events = new EventBus();
  const told: ScutworkEvent[] = [];
  events.onAny((event) => told.push(event));
  const drains: { succeed: (outcomes: number) => void; fail: () => void }[] = [];
  const drain = new SpoolDrain({
    ...{ name: 'w', clock, events },
    drain: () =>
      new Promise((resolve, reject) => {
        drains.push({ succeed: resolve, fail: () => reject(new Error('no route')) });
      }),
  });
  const end = async (how: 'succeed' | 'fail', outcomes = 0): Promise<void> => {
    drains.at(-1)?.[how](outcomes);
    await clock.settle();
  };
  return { clock, drain, drains, end, told };
}

test('a spool that fails is tried again each second, by one chain, however often the broker comes back', async () => {
  const { clock, drain, drains, end, told } = setUp();
  drain.now();
  await end('fail');
  for (let reconnects = 0; reconnects < 5; reconnects += 1) {
    drain.now();
    await end('fail');
  }
  expect(drains).toHaveLength(6);
  expect(clock.timers).toBe(1);
  for (let seconds = 0; seconds < 3; seconds += 1) {
    await clock.advance(1_000);
    await end('fail');
  }
  expect(drains).toHaveLength(9);
  await clock.advance(1_000);
  await end('succeed', 7);
  expect(clock.timers).toBe(0);
  expect(told.filter(({ event }) => event === 'record.failed')).toHaveLength(9);
  expect(told.at(-1)).toEqual({ event: 'worker.unspooled', worker: 'w', outcomes: 7 });
});

test('asked while it drains, it drains once more: what was written meanwhile may not have been taken', async () => {
  const { drain, drains, end } = setUp();
  drain.now();
  drain.now();
  drain.now();
  expect(drains).toHaveLength(1);
  await end('succeed');
  expect(drains).toHaveLength(2);
  await end('succeed');
  expect(drains).toHaveLength(2);
});

test('after stop nothing is tried: not by the timer, not by a drain that fails then, not by a broker that comes back', async () => {
  const waiting = setUp();
  waiting.drain.now();
  await waiting.end('fail');
  waiting.drain.stop();
  expect(waiting.clock.timers).toBe(0);

  const draining = setUp();
  draining.drain.now();
  draining.drain.now();
  draining.drain.stop();
  await draining.end('fail');
  draining.drain.now();
  expect(draining.drains).toHaveLength(1);
  expect(draining.clock.timers).toBe(0);
  expect(draining.told).toEqual([]);
});
