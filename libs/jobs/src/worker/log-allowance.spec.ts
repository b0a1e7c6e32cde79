import { LINES_PER_ATTEMPT, LINES_PER_SECOND, LogAllowance, boundedFields } from './log-allowance';

test('a second has room for a thousand lines; what was left out is told with the next', () => {
  const allowance = new LogAllowance();
  const asked = Array.from({ length: 10_000 }, () => allowance.ask(5_000));
  expect(asked.filter(({ allowed }) => allowed)).toHaveLength(LINES_PER_SECOND);
  expect(allowance.ask(5_999).allowed).toBe(false);
  expect(allowance.ask(6_000)).toEqual({ allowed: true, leftOut: 9_001 });
  expect(allowance.ask(6_001)).toEqual({ allowed: true, leftOut: 0 });
});

test('an attempt has room for ten thousand, however slowly they come; the rest is told at its end', () => {
  const allowance = new LogAllowance();
  for (let n = 0; n < LINES_PER_ATTEMPT; n += 1) expect(allowance.ask(n * 100).allowed).toBe(true);
  expect(allowance.ask(9_000_000)).toEqual({ allowed: false, leftOut: 0 });
  expect(allowance.end()).toBe(1);
  expect(allowance.end()).toBe(0);
});

test('a clock that goes back leaves nobody without room', () => {
  const allowance = new LogAllowance();
  for (let n = 0; n < LINES_PER_SECOND; n += 1) allowance.ask(50_000);
  expect(allowance.ask(10_000).allowed).toBe(true);
});

test('fields that are too large, or no JSON, are replaced by why', () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  expect(boundedFields({ to: 'ada' })).toBe('{"to":"ada"}');
  expect(boundedFields({ large: 'x'.repeat(10_000) })).toBe(
    '{"leftOut":"the fields have 10012 characters of JSON; 8000 are the most"}',
  );
  expect(boundedFields(cycle)).toContain('no form in JSON: TypeError');
  expect(boundedFields({ big: 1n })).toContain('no form in JSON: TypeError');
});
