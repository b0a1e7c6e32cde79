import { Throttle } from './throttle';

function clocked(perMinute: number) {
  const clock = { now: 0 };
  return { clock, throttle: new Throttle(perMinute, () => clock.now) };
}

describe('the throttle', () => {
  it('lets a minute of requests through at once, and then one after the other', () => {
    const { clock, throttle } = clocked(60);
    const first = Array.from({ length: 61 }, () => throttle.take('a'));
    expect(first).toEqual([...Array<number>(60).fill(0), 1_000]);
    clock.now = 999;
    expect(throttle.take('a')).toBe(1);
    clock.now = 1_000;
    expect([throttle.take('a'), throttle.take('a')]).toEqual([0, 1_000]);
  });

  it('never saves up more than a minute', () => {
    const { clock, throttle } = clocked(3);
    throttle.take('a');
    clock.now = 3_600_000;
    expect([1, 2, 3, 4].map(() => throttle.take('a') === 0)).toEqual([true, true, true, false]);
  });

  it('counts each client apart', () => {
    const { throttle } = clocked(1);
    expect([throttle.take('a'), throttle.take('b')]).toEqual([0, 0]);
    expect([throttle.take('a'), throttle.take('b')]).toEqual([60_000, 60_000]);
  });

  it('goes on counting those who still ask when a hundred thousand others came by', () => {
    const { clock, throttle } = clocked(2);
    for (let i = 0; i < 99_999; i++) throttle.take(`passer-by-${i}`);
    clock.now = 60_000;
    throttle.take('regular');
    throttle.take('regular');
    throttle.take('one more');
    expect(throttle.take('regular')).toBeGreaterThan(0);
  });
});
