import { PRIORITIES } from '../contracts/job-type';
import { namesFor } from './names';
import { planTopology } from './plan';

test('names start with their prefix, so that several systems share one broker', () => {
  const plan = planTopology({ names: namesFor('acme.jobs'), queues: ['email'] });
  for (const { name } of [...plan.exchanges, ...plan.queues]) expect(name).toMatch(/^acme\.jobs\./);
});

test('every name says what it is', () => {
  const names = namesFor();
  expect([names.priority('high'), names.door('high'), names.work('email', 'high')]).toEqual([
    'jobs.high',
    'jobs.in.high',
    'jobs.email.high',
  ]);
  expect([names.suspect('email'), names.dead('email'), names.delay(3)]).toEqual([
    'jobs.email.suspect',
    'jobs.email.dead',
    'jobs.delay.v1.03',
  ]);
});

test('no two parts of the topology have one name, whatever legal word a queue is called', () => {
  const queues = ['v1', 'jobs', '00', 'welcome', 'high-street', 'dead-letters', 'in-box'];
  const plan = planTopology({ names: namesFor(), queues });
  expect(plan.queues).toHaveLength(1 + 28 + queues.length * (PRIORITIES.length + 2));
  expect(new Set(plan.queues.map(({ name }) => name)).size).toBe(plan.queues.length);
});

test.each(['', 'Jobs', 'jobs.', '.jobs', 'jobs..x', 'jobs x', 'jobs/x', 'x'.repeat(41)])(
  'the prefix %p is refused',
  (prefix) => {
    expect(() => namesFor(prefix)).toThrow(expect.objectContaining({ code: 'queue_name_invalid', field: 'prefix' }));
  },
);
