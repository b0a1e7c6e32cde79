import { PRIORITIES } from '../contracts/job-type';
import { describePlan } from './describe';
import { namesFor } from './names';
import { mergePlans, planTopology } from './plan';

const names = namesFor();
const plan = planTopology({ names, queues: ['email'] });

test('the plan of one queue is this, to the last argument', () => {
  expect(`\n${describePlan(plan)}\n`).toMatchSnapshot();
});

test('the plan does not depend on the order in which queues are named, nor on naming them twice', () => {
  expect(planTopology({ names, queues: ['report', 'email', 'report'] })).toEqual(
    planTopology({ names, queues: ['email', 'report'] }),
  );
});

test('asking for two queues apart or together is the same', () => {
  const apart = mergePlans([planTopology({ names, queues: ['email'] }), planTopology({ names, queues: ['report'] })]);
  const together = planTopology({ names, queues: ['email', 'report'] });
  for (const part of ['exchanges', 'queues', 'bindings'] as const) {
    expect(new Set<unknown>(apart[part])).toEqual(new Set<unknown>(together[part]));
    expect(apart[part]).toHaveLength(together[part].length);
  }
});

test('every queue that can lose what it dead-letters keeps it until its target has it', () => {
  for (const queue of plan.queues.filter((each) => 'x-dead-letter-exchange' in each.arguments)) {
    expect(queue.arguments).toMatchObject({
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    });
  }
});

test('whatever is dead-lettered has somewhere to go', () => {
  const exchanges = new Set(plan.exchanges.map(({ name }) => name));
  for (const queue of plan.queues) {
    const target = queue.arguments['x-dead-letter-exchange'];
    if (target !== undefined) expect(exchanges).toContain(target);
  }
});

test('no queue has a limit of returns by which 3.10 loses messages, nor one that 4.x sets by itself', () => {
  const work = plan.queues.filter(({ name }) => PRIORITIES.some((p) => name === names.work('email', p)));
  expect(work.map((queue) => queue.arguments['x-delivery-limit'])).toEqual([1_000, 1_000, 1_000, 1_000]);
});

test('what has no target goes to the stray queue: from the doors, the ladder, the dead and the suspects', () => {
  const stray = plan.exchanges.filter(({ alternate }) => alternate === names.stray).map(({ name }) => name);
  expect(stray.sort()).toEqual(
    [...PRIORITIES.map(names.door), names.due, names.deadExchange, names.suspectExchange].sort(),
  );
});

test('classic queues get no argument that they refuse', () => {
  const classic = planTopology({ names, queues: ['email'], queueType: 'classic' });
  const known = ['x-queue-type', 'x-dead-letter-exchange', 'x-dead-letter-routing-key', 'x-message-ttl'];
  expect(classic.queues.flatMap((queue) => Object.keys(queue.arguments)).filter((a) => !known.includes(a))).toEqual([]);
});

test.each(['dead', 'low', 'email.welcome', 'E-mail', ''])('a queue cannot be called %p', (queue) => {
  expect(() => planTopology({ names, queues: [queue] })).toThrow(
    expect.objectContaining({
      code: 'queue_name_invalid',
      field: 'queues',
      message: expect.stringContaining(`"${queue}"`),
    }),
  );
});
