import { z } from 'zod';
import { defineJob } from '../contracts/define-job';
import { chain } from './middleware/chain';
import type { JobContext } from './context';
import { Handlers } from './handlers';

const Welcome = defineJob({ type: 'email.welcome', payload: z.object({}), attempts: 9 });
const handle = (): void => undefined;

test('a type is known with its queue and policy; a plain pattern has none', () => {
  const handlers = new Handlers();
  handlers.register(Welcome, handle);
  handlers.register('report.daily', handle, { concurrency: 2 });
  expect(handlers.find('email.welcome')).toMatchObject({
    queue: 'email',
    definition: Welcome,
    policy: { maxAttempts: 9 },
  });
  expect(handlers.find('report.daily')).toMatchObject({
    queue: 'report',
    definition: undefined,
    policy: {},
    concurrency: 2,
  });
  expect(handlers.find('email.other')).toBeUndefined();
  expect(handlers.queues()).toEqual(['email', 'report']);
});

test('one type has one handler', () => {
  const handlers = new Handlers();
  handlers.register(Welcome, handle);
  const again = [() => handlers.register(Welcome, handle), () => handlers.register('email.welcome', handle)];
  for (const register of again) {
    expect(register).toThrow(expect.objectContaining({ code: 'duplicate_handler', field: 'email.welcome' }));
  }
});

test('a type has one handler, whatever it was called before', () => {
  const handlers = new Handlers();
  const Renamed = defineJob({ type: 'email.hello', payload: z.object({}), aliases: ['email.greet'] });
  handlers.register(Renamed, handle);
  expect(handlers.find('email.greet')).toBe(handlers.find('email.hello'));
  expect(handlers.all()).toEqual([
    expect.objectContaining({ type: 'email.hello', names: ['email.hello', 'email.greet'] }),
  ]);
  expect(() => handlers.register('email.greet', handle)).toThrow(
    expect.objectContaining({ code: 'duplicate_handler', field: 'email.greet' }),
  );
});

test.each([0, -1, Number.NaN])('a concurrency of %p is refused', (concurrency) => {
  expect(() => new Handlers().register(Welcome, handle, { concurrency })).toThrow(
    expect.objectContaining({ code: 'configuration_invalid', field: 'email.welcome.concurrency' }),
  );
});

test('a pattern that is no job type is refused', () => {
  expect(() => new Handlers().register('Email', handle)).toThrow(expect.objectContaining({ code: 'job_type_invalid' }));
});

test('middleware stands around a handler, the first outermost, and may answer in its place', async () => {
  const seen: string[] = [];
  const around = (name: string) => async (_payload: unknown, _context: JobContext, next: () => Promise<unknown>) => {
    seen.push(`${name} before`);
    const result = await next();
    seen.push(`${name} after`);
    return result;
  };
  const context = {} as JobContext;
  const inner = (payload: unknown) => (seen.push('handler'), payload);
  await expect(chain([around('a'), around('b')], inner)('p', context)).resolves.toBe('p');
  expect(seen).toEqual(['a before', 'b before', 'handler', 'b after', 'a after']);
  await expect(chain([async () => 'instead'], inner)('p', context)).resolves.toBe('instead');
  expect(chain([], inner)).toBe(inner);
});
