import { fromAnyOf } from './urls';

test('clients of a cluster begin with any of its nodes, and go on in the same order', () => {
  const nodes = ['a', 'b', 'c'];
  expect(fromAnyOf(nodes, () => 0)).toEqual(['a', 'b', 'c']);
  expect(fromAnyOf(nodes, () => 0.5)).toEqual(['b', 'c', 'a']);
  expect(fromAnyOf(nodes, () => 0.999)).toEqual(['c', 'a', 'b']);
});
