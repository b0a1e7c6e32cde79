import { defineJob } from '@scutwork/jobs';
import { z } from 'zod';
import { redact, secretsOf, shownPayload } from './secrets';
import { termsOf, walkScalars } from './terms';

const secrets = ['password', 'card.number'];
const payload = { to: 'a', password: 'p', card: [{ number: '4111', name: 'Ada' }, { number: { of: 'x' } }] };
const job = {
  type: 'a.b',
  queue: 'a',
  priority: 'normal' as const,
  state: 'waiting',
  payload: JSON.stringify(payload),
};

test('secret fields are hidden, in members of arrays too, and nothing else is', () => {
  expect(redact(payload, secrets)).toEqual({
    to: 'a',
    password: '[secret]',
    card: [{ number: '[secret]', name: 'Ada' }, { number: '[secret]' }],
  });
  expect(redact(payload, [])).toBe(payload);
});

test('what is secret of a type is secret of the names that it had before', () => {
  const Pay = defineJob({ type: 'a.pay', aliases: ['a.charge'], payload: z.object({}), secrets: ['card'] });
  expect(['a.pay', 'a.charge', 'a.other'].map(secretsOf([Pay]))).toEqual([['card'], ['card'], []]);
});

test('a payload that is no JSON is shown as it came, unless its type has secrets', () => {
  expect(shownPayload('{"a":', [])).toBe('{"a":');
  expect(shownPayload('{"a":', secrets)).toBe('[secret]');
});

test('names that objects have by themselves are names like any other', () => {
  const copy = shownPayload('{"__proto__":{"a":1},"password":"p"}', secrets);
  expect(JSON.stringify(copy)).toBe('{"__proto__":{"a":1},"password":"[secret]"}');
});

test('nothing is found by a secret, nor by what stands in its place', () => {
  const open = { ...payload, password: undefined, card: [{ name: 'Ada' }] };
  expect(termsOf(job, undefined, secrets)).toEqual(termsOf({ ...job, payload: JSON.stringify(open) }, undefined));
  expect(termsOf(job, undefined).length).toBeGreaterThan(termsOf(job, undefined, secrets).length);
});

test('what a payload can be found by is its scalars by their paths, but for the secret ones', () => {
  const found: [string, unknown][] = [];
  walkScalars({ user: { id: 1, pin: 7 }, tags: ['a', null] }, ['user.pin'], (path, scalar) =>
    found.push([path, scalar]),
  );
  expect(found).toEqual([
    ['user.id', 1],
    ['tags', 'a'],
    ['tags', null],
  ]);
});
