import fc from 'fast-check';
import { pickLevel } from './pick';

const waiting = fc.array(fc.boolean(), { minLength: 1, maxLength: 5 });

test('strict takes the highest level that waits', () => {
  expect(pickLevel([false, true, false, true], 'strict', 2, 1)).toBe(1);
  fc.assert(fc.property(waiting, fc.nat(), (levels, n) => pickLevel(levels, 'strict', 2, n) === levels.indexOf(true)));
});

test('weighted takes the lowest that waits at every k-th start, and the highest at all others', () => {
  const starts = Array.from({ length: 9 }, (_, n) => pickLevel([true, true, false, true], 'weighted', 3, n));
  expect(starts).toEqual([0, 0, 3, 0, 0, 3, 0, 0, 3]);
});

test('nothing waits, nothing starts', () => {
  for (const mode of ['strict', 'weighted'] as const) expect(pickLevel([false, false], mode, 2, 1)).toBe(-1);
});

test('where anything waits, something that waits starts', () => {
  const mode = fc.constantFrom('strict' as const, 'weighted' as const);
  fc.assert(
    fc.property(waiting, mode, fc.integer({ min: 2, max: 20 }), fc.nat(), (levels, m, weight, n) => {
      const picked = pickLevel(levels, m, weight, n);
      return levels.includes(true) ? levels[picked] === true : picked === -1;
    }),
  );
});
