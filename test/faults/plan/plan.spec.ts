import { LANES, faultNames, faultTimes } from './fault-names';
import { planOf } from './plan';
import { Seeded } from './seeded';

const seeds = [1, 2, 3, 4711, 2 ** 31];

test('the same seed gives the same plan, another seed another', () => {
  for (const seed of seeds) expect(planOf({ seed, minutes: 3 })).toEqual(planOf({ seed, minutes: 3 }));
  expect(new Set(seeds.map((seed) => JSON.stringify(planOf({ seed, minutes: 3 })))).size).toBe(seeds.length);
});

test.each(seeds)('with seed %i every fault that fits strikes at least once', (seed) => {
  const short = new Set(planOf({ seed, minutes: 1.8 }).map(({ fault }) => fault));
  expect([...short].toSorted()).toEqual(
    faultNames('single')
      .filter((name) => !faultTimes(name).fromMinutes)
      .toSorted(),
  );
  expect(new Set(planOf({ seed, minutes: 10 }).map(({ fault }) => fault))).toEqual(new Set(faultNames('single')));
  const onCluster = new Set(planOf({ seed, minutes: 10, cluster: true }).map(({ fault }) => fault));
  expect(onCluster).toEqual(new Set(faultNames('cluster')));
});

test('faults of one lane never overlap', () => {
  for (const lane of LANES) {
    let endsAt = 0;
    for (const { fault, atMs, lastsMs } of planOf({ seed: 7, minutes: 5 })) {
      if (faultTimes(fault).lane !== lane) continue;
      expect(atMs).toBeGreaterThan(endsAt);
      endsAt = atMs + lastsMs;
    }
    expect(endsAt).toBeLessThan(5 * 60_000);
  }
});

test('with longer gaps there are fewer faults, each kind all the same', () => {
  const [usual, calm] = [planOf({ seed: 1, minutes: 10 }), planOf({ seed: 1, minutes: 10, gap: 12 })];
  expect(calm.length).toBeLessThan(usual.length * 0.7);
  expect(new Set(calm.map(({ fault }) => fault))).toEqual(new Set(usual.map(({ fault }) => fault)));
});

test('a time that does not do for every fault is refused', () => {
  expect(() => planOf({ seed: 1, minutes: 0.5 })).toThrow(RangeError);
});

test('a seeded number is what it was', () => {
  const random = new Seeded(42);
  expect([random.between(1, 100), random.between(1, 100), random.between(1, 100)]).toEqual([61, 45, 86]);
  expect(new Seeded('a').shuffled([1, 2, 3, 4])).toEqual(new Seeded('a').shuffled([1, 2, 3, 4]));
});
