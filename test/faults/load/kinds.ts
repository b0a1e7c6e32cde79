import { PRIORITIES } from '@scutwork/jobs';
import { Capped, Delayed, Gone, Held, Paused, Plain, Retried, Steered, Unique } from '../jobs';
import type { Kind } from '../oracle/evidence';
import type { Seeded } from '../plan/seeded';
import type { Wanted } from './wanted';

/** What each kind of load asks for. Ticks are asked for by the schedulers themselves. */
export const kinds: Record<Exclude<Kind, 'scheduled'>, (random: Seeded) => Wanted> = {
  plain: (random) => ({
    ...{ kind: 'plain', job: Plain, by: door(random, 0.7), payload: { takesMs: random.pick([0, 0, 5, 20]) } },
    options: { priority: random.pick(PRIORITIES) },
    expected: { ends: ['completed'], attempts: 1 },
  }),

  retried: (random) => {
    const fails = random.between(1, 3);
    return {
      ...{ kind: 'retried', job: Retried, by: door(random, 0.7), payload: { fails } },
      options: { attempts: 4, backoff: { type: 'fixed', delay: 300 } },
      expected: { ends: ['completed'], attempts: fails + 1, backoffMs: 300 },
    };
  },

  dead: (random) => {
    const unrecoverable = random.chance(0.5);
    return {
      ...{
        kind: 'dead',
        job: Retried,
        by: door(random, 0.5),
        payload: unrecoverable ? { unrecoverable } : { fails: 9 },
      },
      options: { attempts: 2, backoff: { type: 'fixed', delay: 200 } },
      expected: { ends: ['dead'], attempts: unrecoverable ? 1 : 2, backoffMs: 200 },
    };
  },

  delayed: (random) => {
    const delayMs = random.between(3, 80) * 100;
    return {
      ...{ kind: 'delayed', job: Delayed, by: door(random, 0.5), payload: {} },
      options: { delay: delayMs },
      expected: { ends: ['completed'], attempts: 1, delayMs },
    };
  },

  expiring: (random) => {
    const expiresAt = Date.now() + 1_000;
    return {
      ...{ kind: 'expiring', job: Delayed, by: door(random, 0.5), payload: {} },
      options: { delay: 2_000, expiresAt: new Date(expiresAt).toISOString() },
      expected: { ends: ['expired'], attempts: 0, expiresAt },
    };
  },

  unique: (random) => ({
    ...{ kind: 'unique', job: Unique, by: door(random, 0.3), payload: { takesMs: random.between(50, 300) } },
    options: { unique: { key: `key-${random.between(1, 40)}` } },
    expected: { ends: ['completed'], attempts: 1 },
  }),

  cancelled: (random) => ({
    ...{ kind: 'cancelled', job: Steered, by: door(random, 0.6), payload: { takesMs: random.pick([0, 500]) } },
    options: random.chance(0.85) ? { delay: random.between(2_000, 6_000) } : {},
    expected: { ends: ['cancelled', 'completed'], attempts: 1 },
    then: { kind: 'cancel', afterMs: random.between(0, 1_500) },
  }),

  moved: (random) => ({
    ...{ kind: 'moved', job: Steered, by: door(random, 0.6), payload: {} },
    options: { delay: random.between(2_000, 10_000) },
    expected: { ends: ['completed'], attempts: 1 },
    then: { kind: random.pick(['promote', 'reschedule', 'priority']), afterMs: random.between(100, 1_500) },
  }),

  paused: (random) => ({
    ...{ kind: 'paused', job: Paused, by: door(random, 0.7), payload: { takesMs: random.pick([0, 50]) }, options: {} },
    expected: { ends: ['completed'], attempts: 1 },
  }),

  capped: (random) => ({
    ...{
      kind: 'capped',
      job: Capped,
      by: door(random, 0.7),
      payload: { takesMs: random.between(100, 400) },
      options: {},
    },
    expected: { ends: ['completed'], attempts: 1 },
  }),

  gone: () => ({
    ...{ kind: 'gone', job: Gone, by: 'client', payload: {}, options: {} },
    expected: { ends: ['completed'], attempts: 1 },
  }),

  held: () => ({
    ...{ kind: 'held', job: Held, by: 'client', payload: {}, options: {} },
    expected: { ends: ['completed'], attempts: 1 },
  }),
};

const door = (random: Seeded, shareOfClient: number): 'client' | 'api' =>
  random.chance(shareOfClient) ? 'client' : 'api';
