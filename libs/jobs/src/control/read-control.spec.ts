import type { IncomingMessage } from '../contracts/message';
import { readControl } from './read-control';

const message = (body: unknown, type?: string): IncomingMessage => ({
  ...{
    queue: 'jobs.control',
    exchange: '',
    routingKey: 'jobs.control',
    headers: {},
    redelivered: false,
    deliveryCount: 0,
  },
  type,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});
const of = { version: 3, snapshotAt: 1_000 };
const entries = {
  'pause:queue:email': { kind: 'pause', queue: 'email' },
  'pause:type:a.b': { kind: 'pause', type: 'a.b' },
  'revoke:x': { kind: 'revoke', id: 'x', generation: 1, cancel: 'move' },
  'revoke-all:1': { kind: 'revoke-all', queue: 'email', before: 5 },
  'cap:email': { kind: 'cap', queue: 'email', most: 3, shares: { w1: 2, w2: 1 } },
  'revoke-all:2': { kind: 'revoke-all', queue: 'email', type: 'email.welcome', priority: 'low', before: 5 },
};

test.each([
  ['a delta', { kind: 'delta', ...of, set: entries, lift: ['pause:queue:report'] }],
  ['a part of a snapshot', { kind: 'snapshot', ...of, part: 1, parts: 2, entries }],
  ['a beat', { kind: 'beat', ...of, now: 7 }],
])('%s is read as it was written', (_, written) => {
  expect(readControl(message(written))).toEqual(written);
  expect(readControl(message(written, 'control.v1'))).toEqual(written);
});

test('what the ledger notes for itself of a cap is passed over', () => {
  const set = { 'cap:email': { ...entries['cap:email'], kept: { w3: 4 } } };
  expect(readControl(message({ kind: 'delta', ...of, set, lift: [] }))).toEqual({
    ...{ kind: 'delta', ...of, lift: [] },
    set: { 'cap:email': entries['cap:email'] },
  });
});

test('what is left out may be written as null', () => {
  const set = {
    a: { kind: 'pause', queue: 'email', type: null },
    b: { kind: 'revoke-all', queue: 'email', type: null, priority: null, before: 5 },
  };
  expect(readControl(message({ kind: 'delta', ...of, set, lift: [] }))).toMatchObject({
    set: { a: { kind: 'pause', queue: 'email' }, b: { kind: 'revoke-all', queue: 'email', before: 5 } },
  });
});

test.each([
  ['no JSON', '{"kind":'],
  ['no object', '[]'],
  ['null', 'null'],
  ['no version', { kind: 'beat', snapshotAt: 1, now: 1 }],
  ['a version that is none', { kind: 'beat', ...of, version: -1, now: 1 }],
  ['a snapshot without a time', { kind: 'snapshot', version: 1, part: 1, parts: 1, entries: {} }],
  ['a time that is none', { kind: 'beat', ...of, now: '7' }],
  ['a delta that sets nothing it can', { kind: 'delta', ...of, set: { a: 7 }, lift: [] }],
  ['a delta that lifts what is no key', { kind: 'delta', ...of, set: {}, lift: [1] }],
  ['a pause of nothing', { kind: 'delta', ...of, set: { a: { kind: 'pause' } }, lift: [] }],
  ['a revocation of no kind', { kind: 'delta', ...of, set: { a: { ...entries['revoke:x'], cancel: 'x' } }, lift: [] }],
  ['a cap of nothing', { kind: 'delta', ...of, set: { a: { ...entries['cap:email'], most: 1.5 } }, lift: [] }],
  [
    'a share that is none',
    { kind: 'delta', ...of, set: { a: { ...entries['cap:email'], shares: { w: -1 } } }, lift: [] },
  ],
  [
    'a priority that is none',
    { kind: 'delta', ...of, set: { a: { ...entries['revoke-all:2'], priority: 7 } }, lift: [] },
  ],
])('%s is named as the reason why it cannot be read', (_, body) => {
  expect(readControl(message(body))).toEqual(expect.stringMatching(/./));
});

test('what a later release may send is passed over', () => {
  expect(readControl(message({ kind: 'share', ...of }))).toBeUndefined();
  expect(readControl(message('{}', 'control.v2'))).toBeUndefined();
  const set = { 'share:1': { kind: 'share', queue: 'email' }, ...entries };
  expect(readControl(message({ kind: 'delta', ...of, set, lift: [] }))).toMatchObject({ set: entries });
});
