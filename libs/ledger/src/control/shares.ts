import type { CapEntry } from '@scutwork/jobs/wire';

/**
 * Where a worker stands, as far as its share goes.
 * - `live`: it has heartbeats; the only one to be given anything.
 * - `left`: it said that it stops: it starts nothing more.
 * - `silent`: counted out, but it may still run what it could.
 * - `ended`: nothing of it can run any more.
 */
type SharerStanding = 'live' | 'left' | 'silent' | 'ended';

/** A worker of a capped queue. */
export interface Sharer {
  name: string;
  standing: SharerStanding;
  /** The version of control that it has told to be in force there. */
  version: number;
  /** Its own concurrency: what it could use. */
  most: number;
  /** Jobs of the queue that it runs, as it told with that version. */
  taken: number;
}

/** A cap that is in force since `version`, with every share in it. */
export interface StandingCap extends Pick<CapEntry, 'queue' | 'most' | 'shares'> {
  kept: Record<string, number>;
  version: number;
}

/**
 * The cap with the shares as they should be next. Even, as far as each worker can use them, and at no
 * moment more than `most` in force: a share shrinks at once, and what it gave up is given to others only when its
 * worker has told that it knows and runs no more.
 *
 * A worker that has no share and does not know of the cap yet counts nothing: the cap takes hold at each as it learns.
 */
export function reshare(cap: StandingCap, sharers: readonly Sharer[]): CapEntry {
  const mayRun = new Map(sharers.map((sharer) => [sharer.name, mostOf(sharer, cap)]));
  const live = sharers.filter(({ standing }) => standing === 'live').toSorted(byName);
  const target = evenSplit(cap.most, live);
  const shares = grow(shrink(cap, target), target, mayRun, cap.most);
  const kept = [...mayRun].filter(([name, most]) => most > (shares.get(name) ?? 0));
  return { kind: 'cap', queue: cap.queue, most: cap.most, shares: recordOf(shares), kept: recordOf(kept) };
}

/** Whether each has the same share: what is kept besides follows from what the workers tell. */
export function sharesAlike(a: Pick<CapEntry, 'shares'>, b: Pick<CapEntry, 'shares'>): boolean {
  const names = Object.keys(a.shares);
  return (
    names.length === Object.keys(b.shares).length &&
    names.every((name) => numberAt(a.shares, name) === numberAt(b.shares, name))
  );
}

/** What a worker may run at this moment, at the very most. */
function mostOf({ name, standing, version, taken }: Sharer, cap: StandingCap): number {
  const share = numberAt(cap.shares, name);
  switch (standing) {
    case 'live':
    case 'silent':
      return version >= cap.version ? Math.max(share, taken) : Math.max(share, numberAt(cap.kept, name));
    case 'left':
      return taken;
    case 'ended':
      return 0;
  }
}

/** Who can use less than an even part gets that; of what cannot be split, the first by name get one more. */
export function evenSplit(most: number, live: readonly Pick<Sharer, 'name' | 'most'>[]): Map<string, number> {
  const split = new Map<string, number>();
  const open = live.toSorted((a, b) => a.most - b.most || byName(a, b));
  let rest = most;
  for (let first = open[0]; first && first.most <= Math.floor(rest / open.length); first = open[0]) {
    split.set(first.name, first.most);
    rest -= first.most;
    open.shift();
  }
  const even = Math.floor(rest / open.length);
  open.sort(byName).forEach(({ name }, at) => split.set(name, even + (at < rest % open.length ? 1 : 0)));
  return split;
}

function shrink({ shares }: StandingCap, target: ReadonlyMap<string, number>): Map<string, number> {
  const shrunk = Object.entries(shares).map(([name, share]) => [name, Math.min(share, target.get(name) ?? 0)] as const);
  return new Map(shrunk);
}

/** Those with the least come first: a worker that joins need not wait until others have all that they could have. */
function grow(
  shares: Map<string, number>,
  target: ReadonlyMap<string, number>,
  mayRun: ReadonlyMap<string, number>,
  most: number,
): Map<string, number> {
  const inForce = (name: string): number => Math.max(shares.get(name) ?? 0, mayRun.get(name) ?? 0);
  let room = most - sum(new Set([...shares.keys(), ...mayRun.keys()]), inForce);
  const least = [...target].toSorted(([a], [b]) => (shares.get(a) ?? 0) - (shares.get(b) ?? 0));
  for (const [name, wanted] of least) {
    const before = inForce(name);
    // What it may run in any case costs nothing more.
    const share = Math.min(wanted, before + Math.max(0, room));
    if (share <= (shares.get(name) ?? 0)) continue;
    shares.set(name, share);
    room -= inForce(name) - before;
  }
  return new Map([...shares].filter(([, share]) => share > 0));
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

const numberAt = (record: Record<string, number>, name: string): number =>
  Object.hasOwn(record, name) ? (record[name] ?? 0) : 0;

const recordOf = (pairs: Iterable<readonly [string, number]>): Record<string, number> =>
  Object.fromEntries([...pairs].toSorted(([a], [b]) => (a < b ? -1 : 1)));

function sum(names: Iterable<string>, of: (name: string) => number): number {
  let total = 0;
  for (const name of names) total += of(name);
  return total;
}
