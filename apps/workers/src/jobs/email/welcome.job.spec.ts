import { Welcome } from './welcome.job';

const check = (payload: unknown) =>
  Welcome.schema['~standard'].validate(payload) as { issues?: { path?: unknown[] }[]; value?: unknown };

describe('the payload of email.welcome', () => {
  it('needs an address and a name', () => {
    expect(check({ to: 'ada@example.org', name: ' Ada ' }).value).toEqual({ to: 'ada@example.org', name: 'Ada' });
    expect(check({}).issues?.map(({ path }) => path)).toEqual([['to'], ['name']]);
  });

  it.each([
    ['to', { to: 'nobody', name: 'Ada' }],
    ['to', { to: 'ada@example.org\r\nBcc: all@example.org', name: 'Ada' }],
    ['to', { to: 'a@example.org, b@example.org', name: 'Ada' }],
    ['name', { to: 'ada@example.org', name: 'Ada\r\nBcc: all@example.org' }],
    ['name', { to: 'ada@example.org', name: '' }],
    ['name', { to: 'ada@example.org', name: 'x'.repeat(101) }],
    ['dashboardUrl', { to: 'ada@example.org', name: 'Ada', dashboardUrl: 'javascript:alert(1)' }],
    ['dashboardUrl', { to: 'ada@example.org', name: 'Ada', dashboardUrl: 'https://example.org/ x' }],
  ])('refuses what could do harm, naming %s (%#)', (field, payload) => {
    expect(check(payload).issues?.[0]?.path).toEqual([field]);
  });
});
