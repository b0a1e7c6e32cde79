import fc from 'fast-check';
import { type Sharer, type StandingCap, evenSplit, reshare, sharesAlike } from './shares';

const cap = (most: number, shares: Record<string, number> = {}, more: Partial<StandingCap> = {}): StandingCap => ({
  ...{ queue: 'email', most, shares, kept: {}, version: 7 },
  ...more,
});
/** It knows what is in force, and runs nothing. */
const worker = (name: string, more: Partial<Sharer> = {}): Sharer => ({
  ...{ name, standing: 'live', version: 7, most: Number.POSITIVE_INFINITY, taken: 0 },
  ...more,
});
const [a, b, c] = ['a', 'b', 'c'].map((name) => worker(name)) as [Sharer, Sharer, Sharer];

describe('an even split', () => {
  const split = (most: number, ...limits: number[]) =>
    Object.fromEntries(
      evenSplit(
        most,
        limits.map((limit, at) => ({ name: 'abcdef'[at] ?? '', most: limit })),
      ),
    );

  test('gives each the same, and one more to the first by name', () => {
    expect(split(9, 100, 100, 100)).toEqual({ a: 3, b: 3, c: 3 });
    expect(split(11, 100, 100, 100)).toEqual({ a: 4, b: 4, c: 3 });
    expect(split(2, 100, 100, 100)).toEqual({ a: 1, b: 1, c: 0 });
    expect(split(5)).toEqual({});
  });

  test('leaves to others what a small worker cannot use', () => {
    expect(split(10, 2, 100)).toEqual({ a: 2, b: 8 });
    expect(split(10, 100, 1, 4)).toEqual({ a: 5, b: 1, c: 4 });
    expect(split(10, 1, 1)).toEqual({ a: 1, b: 1 });
  });
});

test('a new cap is shared out at once', () => {
  expect(reshare(cap(3, {}, { version: 0 }), [b, a])).toEqual({
    ...{ kind: 'cap', queue: 'email', most: 3, shares: { a: 2, b: 1 }, kept: {} },
  });
});

test('of a new cap, what runs beyond it counts until it has ended', () => {
  const busy = worker('a', { taken: 5 });
  expect(reshare(cap(3, {}, { version: 0 }), [busy, b])).toMatchObject({ shares: { a: 2 }, kept: { a: 5 } });
});

describe('when a worker joins', () => {
  test('the others give up at once, and it is given nothing before they have told so', () => {
    expect(
      reshare(cap(4, { a: 2, b: 2 }), [worker('a', { version: 6 }), worker('b', { version: 6 }), c]),
    ).toMatchObject({
      ...{ shares: { a: 2, b: 1 }, kept: { b: 2 } },
    });
  });

  test('it is given what was given up by those who told that they know and run no more', () => {
    const standing = cap(4, { a: 2, b: 1 }, { kept: { b: 2 } });
    const before = [a, worker('b', { version: 6 }), c];
    expect(sharesAlike(reshare(standing, before), standing)).toBe(true);
    const running = [a, worker('b', { taken: 2 }), c];
    expect(sharesAlike(reshare(standing, running), standing)).toBe(true);
    const told = [a, worker('b', { taken: 1 }), c];
    expect(reshare(standing, told)).toMatchObject({ shares: { a: 2, b: 1, c: 1 }, kept: {} });
  });

  test('it comes before those who have something already', () => {
    const standing = cap(9, { a: 1, b: 3 }, { kept: { d: 4 } });
    const sharers = [a, b, c, worker('d', { standing: 'silent', version: 1 })];
    expect(reshare(standing, sharers)).toMatchObject({ shares: { a: 1, b: 3, c: 1 } });
  });
});

test('a worker may have back at once what it has not given up yet', () => {
  const standing = cap(4, { a: 1, b: 1 }, { kept: { a: 3 } });
  expect(reshare(standing, [worker('a', { version: 6, most: 3 }), b])).toMatchObject({ shares: { a: 2, b: 1 } });
});

describe('the share of a worker that is gone', () => {
  test('goes to the others at once when it said so and runs nothing', () => {
    expect(reshare(cap(4, { a: 2, b: 2 }), [worker('a', { standing: 'left' }), b])).toMatchObject({
      ...{ shares: { b: 4 }, kept: {} },
    });
  });

  test('goes to the others but for what it runs on', () => {
    expect(reshare(cap(4, { a: 2, b: 2 }), [worker('a', { standing: 'left', taken: 1 }), b])).toMatchObject({
      ...{ shares: { b: 3 }, kept: { a: 1 } },
    });
  });

  test('is kept while it may run, whatever it told last, and its own when it comes back', () => {
    const silent = reshare(cap(4, { a: 2, b: 2 }), [worker('a', { standing: 'silent' }), b]);
    expect(silent).toMatchObject({ shares: { b: 2 }, kept: { a: 2 } });
    const back = cap(4, silent.shares, { kept: silent.kept ?? {}, version: 8 });
    expect(reshare(back, [a, b])).toMatchObject({ shares: { a: 2, b: 2 }, kept: {} });
    expect(reshare(back, [worker('a', { standing: 'ended' }), b])).toMatchObject({ shares: { b: 4 }, kept: {} });
  });
});

test('a cap that is lowered lowers the shares, and gives nothing anew before', () => {
  const sharers = [a, b, c].map((sharer) => ({ ...sharer, version: 6, taken: 3 }));
  expect(reshare(cap(3, { a: 4, b: 4 }), sharers)).toMatchObject({ shares: { a: 1, b: 1 }, kept: { a: 4, b: 4 } });
});

test('a name that every object has is a name like others', () => {
  expect(reshare(cap(2), [worker('constructor'), worker('a')])).toMatchObject({ shares: { a: 1, constructor: 1 } });
});

/**
 * A fleet as it is: workers come, go and fall silent; each runs as many as the shares allow that it has read, which may be
 * old; what it tells arrives late.
 */
class Fleet {
  private readonly versions: StandingCap[] = [cap(2, {}, { version: 1 })];
  private readonly workers = new Map<string, { known: number; running: number; told: Sharer }>();

  get standing(): StandingCap {
    return this.versions.at(-1) ?? cap(0);
  }

  get running(): number {
    return [...this.workers.values()].reduce((sum, { running }) => sum + running, 0);
  }

  do([what, name]: [string, string]): void {
    const known = this.workers.get(name);
    if (what === 'share') this.share();
    else if (!known) this.workers.set(name, { known: this.standing.version, running: 0, told: worker(name) });
    else if (what === 'read') known.known = this.standing.version;
    else if (what === 'start') known.running += known.running < this.shareOf(name, known.known) ? 1 : 0;
    else if (what === 'end') known.running = Math.max(0, known.running - 1);
    else if (what === 'tell') known.told = worker(name, { version: known.known, taken: known.running });
    else if (what === 'silence') known.told = { ...known.told, standing: 'silent' };
    else if (known.running === 0) known.told = worker(name, { standing: 'left', version: known.known });
  }

  private share(): void {
    const sharers = [...this.workers.values()].map(({ told }) => told);
    const entry = reshare(this.standing, sharers);
    if (sharesAlike(entry, this.standing)) return;
    this.versions.push({ ...this.standing, ...entry, kept: entry.kept ?? {}, version: this.standing.version + 1 });
    for (const { told, ...each } of this.workers.values()) if (told.standing === 'left') each.running = 0;
  }

  private shareOf(name: string, version: number): number {
    if (this.workers.get(name)?.told.standing === 'left') return 0;
    return this.versions.find((one) => one.version === version)?.shares[name] ?? 0;
  }
}

test('whatever workers do and when they tell it, never more run than the cap', () => {
  const step = fc.tuple(
    fc.constantFrom('share', 'share', 'read', 'start', 'start', 'start', 'end', 'tell', 'silence', 'leave'),
    fc.constantFrom('a', 'b', 'c', 'd'),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const fleet = new Fleet();
      for (const one of steps) {
        fleet.do(one);
        expect(fleet.running).toBeLessThanOrEqual(fleet.standing.most);
      }
    }),
    { numRuns: 500 },
  );
});
