import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describeFailure } from './failure';

test('an error keeps its name, message, code and stack', () => {
  const failure = describeFailure(Object.assign(new TypeError('no host'), { code: 'ENOTFOUND' }));
  expect(failure).toEqual({
    name: 'TypeError',
    message: 'no host',
    code: 'ENOTFOUND',
    stack: expect.stringContaining('TypeError: no host'),
  });
  expect(describeFailure(Object.assign(new Error('busy'), { code: 503 })).code).toBe('503');
});

test('an error from outside of the realm is an error too', () => {
  const foreign: unknown = runInNewContext('new RangeError("far")');
  expect(foreign).not.toBeInstanceOf(Error);
  expect(describeFailure(foreign)).toMatchObject({ name: 'RangeError', message: 'far', stack: expect.any(String) });
});

test('causes follow in the stack, once each', () => {
  const root = new Error('root');
  const top = new Error('top', { cause: new Error('middle', { cause: root }) });
  root.cause = top;
  const lines = describeFailure(top)
    .stack?.split('\n')
    .filter((line) => !line.startsWith('    at '));
  expect(lines).toEqual(['Error: top', 'Caused by: Error: middle', 'Caused by: Error: root']);
});

test.each([
  ['went wrong', 'went wrong'],
  [undefined, 'undefined'],
  [null, 'null'],
  [{ status: 500 }, '{"status":500}'],
  [Symbol('s'), 'Symbol(s)'],
  [10n, '[object BigInt]'],
])('what is thrown and is no error is shown as it is: %p', (thrown, message) => {
  expect(describeFailure(thrown)).toEqual({ name: 'ThrownValue', message });
});

test('a large failure is cut, and says by how much', () => {
  const error = Object.assign(new Error('m'.repeat(5_000)), { name: 'n'.repeat(500), stack: 's'.repeat(20_000) });
  const failure = describeFailure(Object.assign(error, { code: 'c'.repeat(500) }));
  expect(failure.message).toMatch(/^m{2000}… \(3000 more characters\)$/);
  expect(failure.stack).toMatch(/^s{8000}… \(12000 more characters\)$/);
  expect(failure.name).toMatch(/^n{200}…/);
  expect(failure.code).toMatch(/^c{200}…/);
  expect(describeFailure('v'.repeat(3_000)).message).toMatch(/^v{2000}…/);
});

const revoked = Proxy.revocable({}, {});
revoked.revoke();
const unreadable = Object.defineProperty(new Error(), 'message', {
  get() {
    throw new Error('no');
  },
});

test.each([
  ['an error whose message is an object', Object.assign(new Error(), { message: { detail: 1 } })],
  ['an error without a name', Object.assign(new Error('x'), { name: undefined })],
  ['an error whose stack is a number', Object.assign(new Error('x'), { stack: 5 })],
  ['an error whose message cannot be read', unreadable],
  ['an error that is no text at all', Object.assign(new Error(), { message: Object.create(null) as string })],
  ['a revoked proxy', revoked.proxy],
  ['an object whose toJSON throws', { toJSON: () => unreadable.message }],
])('%s is described without failing', (_, thrown) => {
  const failure = describeFailure(thrown);
  expect(Object.values(failure).every((value) => typeof value === 'string')).toBe(true);
});

test('whatever is thrown is described, bounded, in texts', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true }), (thrown) => {
      const failure = describeFailure(thrown);
      expect(typeof failure.name).toBe('string');
      expect(failure.message.length).toBeLessThan(2_100);
    }),
  );
});
