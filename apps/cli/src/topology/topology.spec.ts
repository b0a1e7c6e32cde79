import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { topology } from './topology';

test('the reference page is what the topology says now', () => {
  const page = readFileSync(join(__dirname, '../../../../docs/reference/topology.md'), 'utf8');
  // Out of date? npm run -s topology -- --markdown > docs/reference/topology.md
  expect(page).toBe(`${topology({ markdown: true })}\n`);
});

test('so is the page of permissions', () => {
  const page = readFileSync(join(__dirname, '../../../../docs/reference/permissions.md'), 'utf8');
  // Out of date? npm run -s topology -- --permissions --markdown > docs/reference/permissions.md
  expect(page).toBe(`${topology({ permissions: true, markdown: true })}\n`);
});

test('permissions are printed as commands', () => {
  expect(topology({ permissions: true }, 'acme')).toContain(
    "'^(acme\\.(in\\.critical|in\\.high|in\\.low|in\\.normal))$'",
  );
});

test('it is printed as text, and as a value', () => {
  expect(topology({})).toContain('jobs.email.normal');
  expect(JSON.parse(topology({ json: true }, 'acme'))).toMatchObject({
    exchanges: expect.arrayContaining([expect.objectContaining({ name: 'acme.in.low' })]),
  });
});
