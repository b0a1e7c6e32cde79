import type { ControlEntries, ControlMessage } from '../contracts/control';
import { ControlState } from './control-state';
import type { JobAtHand } from './in-force';

const T0 = Date.UTC(2030, 0, 1);

const delta = (version: number, set: ControlEntries = {}, lift: string[] = [], snapshotAt = T0): ControlMessage => ({
  ...{ kind: 'delta', version, snapshotAt, set, lift },
});
const snapshot = (version: number, entries: ControlEntries = {}, at = T0, [part, parts] = [1, 1]): ControlMessage => ({
  ...{ kind: 'snapshot', version, snapshotAt: at, entries, part, parts },
});
const beat = (version: number, now = T0, snapshotAt = T0): ControlMessage => ({
  ...{ kind: 'beat', version, snapshotAt, now },
});

const pause = (queue: string): ControlEntries => ({ [`pause:queue:${queue}`]: { kind: 'pause', queue } });
const pauseType = (type: string): ControlEntries => ({ [`pause:type:${type}`]: { kind: 'pause', type } });
const revoke = (id: string, generation = 0, cancel: 'cancel' | 'move' = 'cancel'): ControlEntries => ({
  [`revoke:${id}`]: { kind: 'revoke', id, generation, cancel },
});

const job = (changes: Partial<JobAtHand> = {}): JobAtHand => ({
  ...{ id: 'a', generation: 0, type: 'email.welcome', queue: 'email', priority: 'normal' },
  madeAtMs: () => T0,
  ...changes,
});

function after(...messages: ControlMessage[]): ControlState {
  const state = new ControlState();
  for (const message of messages) state.apply(message);
  return state;
}

test('before the first snapshot nothing is known, and no version is told', () => {
  const state = after(delta(7, pause('email')));
  expect([state.whole, state.version, state.isQueuePaused('email')]).toEqual([false, undefined, false]);
});

test('what a snapshot and the changes after it say is in force, until it is lifted', () => {
  const state = after(
    snapshot(3, pause('email')),
    delta(4, pauseType('report.daily')),
    delta(5, {}, ['pause:queue:email']),
  );
  expect([state.isQueuePaused('email'), state.isTypePaused('report.daily')]).toEqual([false, true]);
  expect([state.version, state.size]).toEqual([5, 1]);
});

test('a change says whether anything may be otherwise', () => {
  const state = after(snapshot(3));
  expect(state.apply(delta(4, pause('email')))).toBe(true);
  expect(state.apply(delta(4, pause('email')))).toBe(false);
  expect(state.apply(beat(4))).toBe(false);
});

test('a share of a cap lasts until another replaces it; who is not named has none', () => {
  const cap = (shares: Record<string, number>): ControlEntries => ({
    'cap:email': { kind: 'cap', queue: 'email', most: 3, shares },
  });
  const state = after(snapshot(3, cap({ a: 2, b: 1 })));
  const shares = () => ['a', 'b', 'constructor'].map((worker) => state.shareOf('email', worker));
  expect(shares()).toEqual([2, 1, 0]);
  expect(state.shareOf('report', 'a')).toBeUndefined();
  state.apply(delta(4, cap({ b: 3 })));
  expect(shares()).toEqual([0, 3, 0]);
  state.apply(delta(5, {}, ['cap:email']));
  expect(shares()).toEqual([undefined, undefined, undefined]);
});

test('a change that is told again, also late, changes nothing', () => {
  const state = after(snapshot(3), delta(4, pause('email')), delta(5, {}, ['pause:queue:email']));
  state.apply(delta(4, pause('email')));
  expect([state.version, state.isQueuePaused('email')]).toEqual([5, false]);
});

test('after a gap changes hold, but no version past it is told until a snapshot closes it', () => {
  const state = after(snapshot(3), delta(5, pause('email')), delta(6));
  expect([state.version, state.isQueuePaused('email')]).toEqual([3, true]);
  state.apply(snapshot(6, { ...pause('email'), ...revoke('a') }, T0 + 1));
  expect([state.version, state.revocationOf(job())]).toEqual([6, 'cancel']);
});

describe('a snapshot in parts', () => {
  const first = snapshot(3, pause('email'), T0, [1, 3]);
  const second = snapshot(3, revoke('a'), T0, [2, 3]);
  const third = snapshot(3, revoke('b'), T0, [3, 3]);

  test('counts when all are there, each once, with the changes that came between them', () => {
    const state = after(first, first, delta(4, {}, ['revoke:a']), second, second);
    expect([state.whole, state.beginning]).toEqual([false, true]);
    state.apply(third);
    expect([state.whole, state.beginning, state.version]).toEqual([true, false, 4]);
    expect([state.isQueuePaused('email'), state.revocationOf(job()), state.revocationOf(job({ id: 'b' }))]).toEqual([
      true,
      undefined,
      'cancel',
    ]);
  });

  test('that was broken off is forgotten for the next one', () => {
    const state = after(first, snapshot(3, pause('report'), T0 + 9, [1, 2]));
    state.apply(second);
    state.apply(third);
    expect(state.whole).toBe(false);
    state.apply(snapshot(3, {}, T0 + 9, [2, 2]));
    expect([state.isQueuePaused('email'), state.isQueuePaused('report')]).toEqual([false, true]);
  });

  test('while it comes, what was in force before stays so', () => {
    const state = after(snapshot(3, pause('email')), snapshot(4, {}, T0 + 9, [1, 2]));
    expect([state.isQueuePaused('email'), state.beginning]).toEqual([true, false]);
    state.apply(snapshot(4, {}, T0 + 9, [2, 2]));
    expect(state.isQueuePaused('email')).toBe(false);
  });
});

test('a snapshot begun before the one that is asked for does not count', () => {
  const state = new ControlState(T0);
  state.apply(snapshot(500, pause('email'), T0 - 1));
  expect(state.whole).toBe(false);
  state.apply(snapshot(1, {}, T0));
  expect([state.whole, state.version]).toEqual([true, 1]);
});

test('an older snapshot that comes late lifts nothing', () => {
  const state = after(snapshot(3, {}, T0 + 5), delta(4, pause('email')));
  state.apply(snapshot(2, {}, T0 + 6));
  state.apply(beat(4));
  expect([state.version, state.isQueuePaused('email')]).toEqual([4, true]);
  state.apply(snapshot(3, {}, T0 + 4));
  expect(state.isQueuePaused('email')).toBe(true);
});

test('a ledger that was set back is followed from its next beat on', () => {
  const state = after(snapshot(500, pause('email')), snapshot(0, {}, T0 + 5), delta(1, pause('report'), [], T0 + 5));
  expect([state.version, state.isQueuePaused('email')]).toEqual([500, true]);
  expect(state.apply(beat(1, T0, T0 + 5))).toBe(true);
  expect([state.version, state.isQueuePaused('email'), state.isQueuePaused('report')]).toEqual([1, false, true]);
  state.apply(delta(2, {}, ['pause:queue:report'], T0 + 5));
  expect([state.version, state.isQueuePaused('report')]).toEqual([2, false]);
});

test('where nothing is there to read, nothing is in force, until something comes', () => {
  const state = ControlState.empty();
  expect([state.whole, state.version, state.revokes]).toEqual([true, 0, false]);
  state.apply(snapshot(9, revoke('a'), T0, [1, 2]));
  expect(state.beginning).toBe(true);
  state.apply(snapshot(9, {}, T0, [2, 2]));
  expect([state.version, state.revokes, state.beginning]).toEqual([9, true, false]);
});

test('a beat that comes live tells how far the clocks differ; one out of the past does not', () => {
  const state = after(snapshot(0), beat(0, T0 + 4_000));
  expect(state.clockOffsetMs).toBeUndefined();
  state.apply(beat(0, T0 + 4_000), T0 + 1_000);
  expect(state.clockOffsetMs).toBe(3_000);
});

describe('a job is revoked', () => {
  test('up to the generation that was revoked, and as cancel or move', () => {
    const state = after(snapshot(1, { ...revoke('a', 2, 'move'), ...revoke('b') }));
    const of = (id: string, generation: number) => state.revocationOf(job({ id, generation }));
    expect([of('a', 0), of('a', 2), of('a', 3), of('b', 0), of('b', 1), of('c', 0)]).toEqual([
      ...['move', 'move', undefined],
      ...['cancel', undefined, undefined],
    ]);
  });

  test('by a later revocation of the same job in place of the first', () => {
    const state = after(snapshot(1, revoke('a', 0, 'move')), delta(2, revoke('a', 1)));
    expect([0, 1, 2].map((generation) => state.revocationOf(job({ generation })))).toEqual([
      'cancel',
      'cancel',
      undefined,
    ]);
  });

  test('with all of its queue that were made before; of its type and its priority where they are named', () => {
    const sweep = (more: object): ControlEntries => ({
      'revoke-all:x': { kind: 'revoke-all', queue: 'email', before: T0, ...more },
    });
    const revoked = (entries: ControlEntries, changes: Partial<JobAtHand>) =>
      after(snapshot(1, entries)).revocationOf(job({ madeAtMs: () => T0 - 1, ...changes }));
    expect(revoked(sweep({}), {})).toBe('cancel');
    expect(revoked(sweep({}), { madeAtMs: () => T0 })).toBeUndefined();
    expect(revoked(sweep({}), { madeAtMs: () => undefined })).toBeUndefined();
    expect(revoked(sweep({}), { queue: 'report' })).toBeUndefined();
    expect(revoked(sweep({ type: 'email.welcome', priority: 'normal' }), {})).toBe('cancel');
    expect(revoked(sweep({ type: 'email.digest' }), {})).toBeUndefined();
    expect(revoked(sweep({ priority: 'low' }), {})).toBeUndefined();
  });

  test('no more once it is lifted', () => {
    const all = { 'revoke-all:x': { kind: 'revoke-all', queue: 'email', before: T0 + 1 } } as const;
    const state = after(snapshot(1, { ...revoke('a'), ...all }), delta(2, {}, ['revoke:a', 'revoke-all:x']));
    expect([state.revokes, state.revocationOf(job())]).toEqual([false, undefined]);
  });
});
