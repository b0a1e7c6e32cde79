import fc from 'fast-check';
import { defineJob } from './define-job';
import { JobError } from './errors';
import { type Retention, resolveRetention } from './retention';

const schema = { '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value }) } };

test.each<[unknown, Retention | undefined]>([
  [undefined, undefined],
  [{}, {}],
  [{ completed: 0 }, { completed: { ageMs: 0 } }],
  [
    { completed: '2d', failed: { last: 5 } },
    { completed: { ageMs: 172_800_000 }, failed: { last: 5 } },
  ],
  [{ failed: { age: 1_000, last: 0 } }, { failed: { ageMs: 1_000, last: 0 } }],
])('%j is taken', (options, retention) => {
  expect(resolveRetention(options, 'options.retention')).toEqual(retention);
});

test.each<[unknown, string]>([
  [null, ''],
  ['7d', ''],
  [[], ''],
  [{ dead: 5 }, '.dead'],
  [{ completed: null }, '.completed'],
  [{ completed: {} }, '.completed'],
  [{ completed: 'soon' }, '.completed'],
  [{ completed: -1 }, '.completed'],
  [{ completed: '200y' }, '.completed'],
  [{ failed: { age: true } }, '.failed.age'],
  [{ failed: { last: 1.5 } }, '.failed.last'],
  [{ failed: { last: -1 } }, '.failed.last'],
  [{ failed: { count: 5 } }, '.failed.count'],
])('%j is refused at "%s"', (options, member) => {
  expect(() => resolveRetention(options, 'options.retention')).toThrow(
    expect.objectContaining({
      code: 'retention_invalid',
      field: `options.retention${member}`,
      hint: expect.any(String),
    }),
  );
});

test('whatever is given, it is resolved or refused by name', () => {
  fc.assert(
    fc.property(fc.anything(), (options) => {
      try {
        resolveRetention({ completed: options }, 'at');
      } catch (error) {
        expect(error).toBeInstanceOf(JobError);
        expect(error).toMatchObject({ field: expect.stringMatching(/^at\.completed/) });
      }
    }),
  );
});

test('a definition has it for all its jobs, and is refused by the name of its type', () => {
  const { retention } = defineJob({ type: 'a.b', payload: schema, retention: { completed: { last: 3 } } });
  expect(retention).toEqual({ completed: { last: 3 } });
  const wrong = { type: 'a.b', payload: schema, retention: { completed: { last: -3 } } };
  expect(() => defineJob(wrong)).toThrow(expect.objectContaining({ field: 'a.b.retention.completed.last' }));
});
