import { z } from 'zod';
import type { Schema } from './define-job';
import { validatePayload } from './validate';

const schema = z.object({ to: z.email(), lines: z.array(z.object({ amount: z.number() })).default([]) });

test('a valid payload comes back with its defaults', () => {
  expect(validatePayload(schema, { to: 'ada@example.org' }, 'email.welcome')).toEqual({
    to: 'ada@example.org',
    lines: [],
  });
});

test('a schema that answers at once costs no promise', () => {
  expect(validatePayload(schema, { to: 'ada@example.org' }, 'email.welcome')).not.toBeInstanceOf(Promise);
});

test('the path at fault is named, down to the element of a list', () => {
  expect(() => validatePayload(schema, { to: 'ada', lines: [{ amount: 'x' }] }, 'email.welcome')).toThrow(
    expect.objectContaining({
      code: 'payload_invalid',
      field: 'payload.to',
      message: expect.stringMatching(/email\.welcome.*payload\.to: .*payload\.lines\.0\.amount: /),
    }),
  );
  expect(() => validatePayload(schema, 'nothing', 'email.welcome')).toThrow(
    expect.objectContaining({ field: 'payload' }),
  );
});

test('many faults do not make an endless message', () => {
  const lines = Array.from({ length: 1_000 }, () => ({ amount: 'x' }));
  let message = '';
  try {
    void validatePayload(schema, { to: 'ada@example.org', lines }, 'email.welcome');
  } catch (error) {
    message = String(error);
  }
  expect(message.match(/payload\.lines/g)).toHaveLength(10);
});

test('a schema may take its time, and refuse late', async () => {
  const late = z.string().refine((text) => Promise.resolve(text === 'yes'));
  await expect(validatePayload(late, 'yes', 'email.welcome')).resolves.toBe('yes');
  await expect(validatePayload(late, 'no', 'email.welcome')).rejects.toMatchObject({ code: 'payload_invalid' });
});

test('any library of the Standard Schema will do, its path parts as keys or as objects', () => {
  const own: Schema<unknown, number> = {
    '~standard': {
      version: 1,
      vendor: 'own',
      validate: (value) =>
        value === 1 ? { value: 2 } : { issues: [{ message: 'not one', path: [{ key: 'a' }, 'b', 0] }] },
    },
  };
  expect(validatePayload(own, 1, 'email.welcome')).toBe(2);
  expect(() => validatePayload(own, 3, 'email.welcome')).toThrow(expect.objectContaining({ field: 'payload.a.b.0' }));
});
