import fc from 'fast-check';
import { LedgerError } from '../store/ledger-error';
import { resolveUnique } from './unique';

const resolve = (options: unknown, delayMs = 1_000) => resolveUnique(options, 'user.sync', delayMs);

test.each<[unknown, ReturnType<typeof resolve>]>([
  [undefined, undefined],
  [{ key: 'a b/ü' }, { key: 'user.sync a b/ü', mode: 'pending' }],
  [
    { key: 'k', mode: 'pending' },
    { key: 'user.sync k', mode: 'pending' },
  ],
  [
    { key: 'k', mode: 'throttle', window: '10m' },
    { key: 'user.sync k', mode: 'throttle', windowMs: 600_000 },
  ],
  [
    { key: 'k', mode: 'throttle', window: 5 },
    { key: 'user.sync k', mode: 'throttle', windowMs: 5 },
  ],
  [
    { key: 'k', mode: 'debounce' },
    { key: 'user.sync k', mode: 'debounce' },
  ],
])('%j is taken', (options, rule) => {
  expect(resolve(options)).toEqual(rule);
});

test.each<[unknown, string]>([
  [null, 'options.unique'],
  ['user-42', 'options.unique'],
  [{}, 'options.unique.key'],
  [{ key: 42 }, 'options.unique.key'],
  [{ key: 'x'.repeat(129) }, 'options.unique.key'],
  [{ key: 'a\nb' }, 'options.unique.key'],
  [{ key: 'k', mode: 'once' }, 'options.unique.mode'],
  [{ key: 'k', mode: null }, 'options.unique.mode'],
  [{ key: 'k', mode: 'throttle' }, 'options.unique.window'],
  [{ key: 'k', mode: 'throttle', window: 0 }, 'options.unique.window'],
  [{ key: 'k', mode: 'throttle', window: 'soon' }, 'options.unique.window'],
  [{ key: 'k', mode: 'throttle', window: '200y' }, 'options.unique.window'],
  [{ key: 'k', window: '1m' }, 'options.unique.window'],
  [{ key: 'k', mode: 'debounce', window: '1m' }, 'options.unique.window'],
])('%p is refused at %s', (options, field) => {
  expect(() => resolve(options)).toThrow(
    expect.objectContaining({ code: 'unique_invalid', field, hint: expect.any(String) }),
  );
});

test('a debounce without a delay is refused at the delay', () => {
  expect(() => resolve({ key: 'k', mode: 'debounce' }, 0)).toThrow(expect.objectContaining({ field: 'options.delay' }));
});

test('whatever is given, it is a rule or a LedgerError that names its place', () => {
  const member = fc.oneof(fc.anything(), fc.string(), fc.constantFrom('throttle', 'debounce', '1m'));
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.record({ key: member, mode: member, window: member })), (options) => {
      try {
        const rule = resolve(options);
        if (options !== undefined) expect(rule?.key).toMatch(/^user\.sync ./u);
      } catch (error) {
        expect(error).toBeInstanceOf(LedgerError);
        expect(error).toMatchObject({ code: 'unique_invalid', field: expect.stringMatching(/^options\.unique/) });
      }
    }),
  );
});
