import { z } from 'zod';
import { defineJob } from './define-job';
import { type UniqueByDefault, uniqueOf } from './unique';

const payload = z.object({ userId: z.string(), quiet: z.boolean().optional() });
const Sync = defineJob({
  type: 'user.sync',
  payload,
  unique: { key: ({ userId, quiet }) => (quiet ? undefined : userId), mode: 'throttle', window: '10m' },
});
const Plain = defineJob({ type: 'user.plain', payload });

describe('what a job is unique by', () => {
  it('is what its type says, where it does not say it itself', () => {
    expect(uniqueOf(Sync, { userId: '42' }, undefined)).toEqual({ key: '42', mode: 'throttle', window: '10m' });
    expect(uniqueOf(Sync, { userId: '42' }, { key: 'own' })).toEqual({ key: 'own' });
    expect(uniqueOf(Sync, { userId: '42' }, false)).toBeUndefined();
    expect(uniqueOf(Sync, { userId: '42', quiet: true }, undefined)).toBeUndefined();
    expect(uniqueOf(Plain, { userId: '42' }, undefined)).toBeUndefined();
  });

  it('is a mistake of the job when no key can be made of its payload', () => {
    const fails = { type: 'a.b', unique: { key: (): string => 7 as unknown as string } };
    expect(() => uniqueOf(fails, {}, undefined)).toThrow(
      expect.objectContaining({ code: 'unique_invalid', field: 'options.unique.key', scope: 'job' }),
    );
  });

  it.each<[string, object, string]>([
    ['no function', { key: 'userId' }, 'key'],
    ['a mode that there is not', { key: () => 'k', mode: 'once' }, 'mode'],
    ['a throttle without a window', { key: () => 'k', mode: 'throttle' }, 'window'],
    ['a window without a throttle', { key: () => 'k', window: '1h' }, 'window'],
  ])('is refused when the type is defined with %s', (_, unique, member) => {
    expect(() => defineJob({ type: 'user.sync', payload, unique: unique as UniqueByDefault<unknown> })).toThrow(
      expect.objectContaining({ code: 'configuration_invalid', field: `user.sync.unique.${member}` }),
    );
  });
});
