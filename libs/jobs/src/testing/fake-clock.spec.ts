import { fakeClock } from './fake-clock';

describe('a fake clock', () => {
  it('stands still until it is moved', async () => {
    const clock = fakeClock(1_000);
    let rang = false;
    clock.after(10, () => (rang = true));
    await clock.settle();
    expect([clock.now(), rang, clock.timers]).toEqual([1_000, false, 1]);
  });

  it('stops at every timer on its way, in order of time and then of setting', async () => {
    const clock = fakeClock(0);
    const seen: [string, number][] = [];
    const note = (name: string) => () => void seen.push([name, clock.now()]);
    clock.after(30, note('late'));
    clock.after(10, note('first'));
    clock.after(10, note('second'));
    clock.after(31, note('never'));
    await clock.advance(30);
    expect(seen).toEqual([
      ['first', 10],
      ['second', 10],
      ['late', 30],
    ]);
    expect([clock.now(), clock.timers]).toEqual([30, 1]);
  });

  it('rings timers that are set on the way, at their own time', async () => {
    const clock = fakeClock(0);
    const rings: number[] = [];
    const again = (): void => {
      rings.push(clock.now());
      clock.after(10, again);
    };
    clock.after(10, again);
    await clock.advance(45);
    expect(rings).toEqual([10, 20, 30, 40]);
  });

  it('lets promises and turns of the event loop run between two timers', async () => {
    const clock = fakeClock(0);
    const seen: string[] = [];
    clock.after(1, () => setImmediate(() => void Promise.resolve().then(() => seen.push('work of the first'))));
    clock.after(2, () => seen.push('the second'));
    await clock.advance(2);
    expect(seen).toEqual(['work of the first', 'the second']);
  });

  it('forgets a timer that is taken back', async () => {
    const clock = fakeClock(0);
    let rang = false;
    clock.after(5, () => (rang = true))();
    await clock.advance(10);
    expect([rang, clock.timers]).toEqual([false, 0]);
  });

  it('makes two moves at once one after the other', async () => {
    const clock = fakeClock(0);
    const rings: number[] = [];
    clock.after(10, () => rings.push(clock.now()));
    clock.after(15, () => rings.push(clock.now()));
    await Promise.all([clock.advance(10), clock.advance(10)]);
    expect([rings, clock.now()]).toEqual([[10, 15], 20]);
  });

  it('fails the move in which a timer throws, and no later one', async () => {
    const clock = fakeClock(0);
    clock.after(5, () => {
      throw new Error('a timer that throws');
    });
    await expect(clock.advance(10)).rejects.toThrow('a timer that throws');
    await clock.advance(10);
    expect(clock.timers).toBe(0);
  });

  it('does not go backwards', () => {
    expect(() => fakeClock().advance(-1)).toThrow(RangeError);
  });
});
