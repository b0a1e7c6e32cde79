import { z } from 'zod';
import { catalogOf, defineJob, definitionIn, definitionsIn } from './define-job';

const payload = z.object({ to: z.string() });

test('a definition keeps what it sets and leaves the rest to the defaults', () => {
  const Welcome = defineJob({ type: 'email.welcome', payload, attempts: 5, priority: 7, timeout: '30s' });
  expect(Welcome).toMatchObject({ type: 'email.welcome', queue: 'email', version: 1, schema: payload });
  expect(Welcome.policy).toEqual({ maxAttempts: 5, priority: 'high', timeoutMs: 30_000 });
});

test('a definition cannot be changed afterwards', () => {
  const Welcome = defineJob({ type: 'email.welcome', payload });
  expect(Object.isFrozen(Welcome) && Object.isFrozen(Welcome.policy)).toBe(true);
});

test.each([
  [{ type: 'Email' }, 'job_type_invalid', 'type'],
  [{ type: 'email.welcome', version: 0 }, 'job_type_invalid', 'version'],
  [{ type: 'email.welcome', version: 1.5 }, 'job_type_invalid', 'version'],
  [{ type: 'email.welcome', retries: -1 }, 'attempts_invalid', 'email.welcome.retries'],
  [{ type: 'email.welcome', backoff: 'soon' }, 'backoff_invalid', 'email.welcome.backoff'],
  [{ type: 'email.welcome', timeout: 0 }, 'timeout_invalid', 'email.welcome.timeout'],
  [{ type: 'email.welcome', secrets: ['a..b'] }, 'configuration_invalid', 'email.welcome.secrets'],
  [{ type: 'email.welcome', aliases: ['email.old', 'Email'] }, 'job_type_invalid', 'type'],
  [{ type: 'email.welcome', aliases: ['mail.welcome'] }, 'job_type_invalid', 'aliases[0]'],
  [{ type: 'email.welcome', aliases: ['email.welcome'] }, 'job_type_invalid', 'aliases[0]'],
  [{ type: 'email.welcome', aliases: ['email.old', 'email.old'] }, 'job_type_invalid', 'aliases[1]'],
])('%j is refused by %s, naming %s', (declaration, code, field) => {
  expect(() => defineJob({ payload, ...declaration })).toThrow(expect.objectContaining({ code, field }));
});

test('a type is found by the names that it had before, which no other type may have', () => {
  const Welcome = defineJob({ type: 'email.welcome', payload, aliases: ['email.greet'] });
  const catalog = catalogOf([Welcome]);
  expect(definitionIn(catalog, 'email.greet', 'type')).toBe(Welcome);
  expect(definitionsIn(catalog)).toEqual([Welcome]);
  expect(() => definitionIn(catalog, 'email.gone', 'type')).toThrow(
    expect.objectContaining({ code: 'type_unknown', hint: 'Known types: email.welcome.' }),
  );
  for (const other of [{ type: 'email.greet' }, { type: 'email.hello', aliases: ['email.greet'] }])
    expect(() => catalogOf([Welcome, defineJob({ payload, ...other })])).toThrow(
      expect.objectContaining({ code: 'configuration_invalid', field: 'email.greet' }),
    );
});

test('one type has one definition, which may be given twice', () => {
  const Welcome = defineJob({ type: 'email.welcome', payload });
  expect([...catalogOf([Welcome, Welcome]).keys()]).toEqual(['email.welcome']);
  expect(() => catalogOf([Welcome, defineJob({ type: 'email.welcome', payload })])).toThrow(
    expect.objectContaining({ code: 'configuration_invalid', field: 'email.welcome' }),
  );
});
