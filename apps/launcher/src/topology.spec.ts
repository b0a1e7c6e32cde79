import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { topology } from './topology';

test('the reference page is what the topology says now', () => {
  const page = readFileSync(join(__dirname, '../../../docs/reference/topology.md'), 'utf8');
  // Out of date? npm run -s topology -- --markdown > docs/reference/topology.md
  expect(page).toBe(`${topology(['--markdown'])}\n`);
});

test('it is printed as text, and as a value', () => {
  expect(topology([])).toContain('jobs.email.normal');
  expect(JSON.parse(topology(['--json'], 'acme'))).toMatchObject({
    exchanges: expect.arrayContaining([expect.objectContaining({ name: 'acme.in.low' })]),
  });
});
