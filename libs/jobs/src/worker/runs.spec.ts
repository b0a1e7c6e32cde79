import { arrived } from '../../../../test/support/delivered';
import { Runs } from './runs';

const redelivered = { redelivered: true, deliveryCount: 1 };

test('a new delivery stands for itself', () => {
  const runs = new Runs();
  const run = arrived();
  expect(runs.enter(run)).toBe(run);
  expect([...runs.all()]).toEqual([run]);
});

test('a redelivery of what runs here joins that run and is settled with it', () => {
  const runs = new Runs();
  const first = arrived();
  const again = arrived(redelivered);
  runs.enter(first);
  expect(runs.enter(again)).toBe(first);
  expect(first.deliveries).toHaveLength(2);
  expect(first.deliveries[1]).toBe(again.deliveries[0]);
});

test('a redelivery of what was settled here is settled too', () => {
  const runs = new Runs();
  const run = arrived();
  runs.enter(run);
  runs.leave(run, true);
  expect(runs.enter(arrived(redelivered))).toBe('settled');
  expect(runs.size).toBe(0);
});

test('a message that only has the id of a settled job runs: it was published again', () => {
  const runs = new Runs();
  const run = arrived();
  runs.enter(run);
  runs.leave(run, true);
  const again = arrived({ redelivered: false });
  expect(runs.enter(again)).toBe(again);
});

test('an attempt that comes again by design is not taken for settled', () => {
  const runs = new Runs();
  const run = arrived();
  runs.enter(run);
  runs.leave(run, false);
  const again = arrived(redelivered);
  expect(runs.enter(again)).toBe(again);
});

test('another attempt, another generation and another job are other runs', () => {
  const runs = new Runs();
  const others = [
    arrived(),
    arrived({ headers: { 'x-job-attempt': 2 } }),
    arrived({ headers: { 'x-job-generation': 1 } }),
    arrived({ messageId: 'other' }),
  ];
  for (const run of others) expect(runs.enter(run)).toBe(run);
  expect(runs.size).toBe(4);
});

test('messages without an id are never taken for each other', () => {
  const runs = new Runs();
  const [one, two] = [arrived({ messageId: undefined }), arrived({ messageId: undefined })];
  expect([runs.enter(one), runs.enter(two)]).toEqual([one, two]);
  expect(runs.size).toBe(0);
});

test('the last ten thousand are remembered, and no more', () => {
  const runs = new Runs();
  const settle = (n: number): void => {
    const run = arrived({ messageId: `job-${n}` });
    runs.enter(run);
    runs.leave(run, true);
  };
  for (let n = 0; n <= 10_000; n++) settle(n);
  const back = (n: number) => runs.enter(arrived({ messageId: `job-${n}`, ...redelivered }));
  expect([back(1), back(10_000)]).toEqual(['settled', 'settled']);
  expect(back(0)).not.toBe('settled');
});
