import { describeDifference, describePlan, diffPlans, planAsMarkdown } from './describe';
import { namesFor } from './names';
import { planTopology } from './plan';

const plan = planTopology({ names: namesFor(), queues: ['email'] });
const small = {
  exchanges: [{ name: 'jobs.in.low', type: 'topic' as const, alternate: 'jobs.stray', purpose: 'door' }],
  queues: [{ name: 'jobs.stray', type: 'quorum' as const, arguments: { 'x-queue-type': 'quorum' }, purpose: 'strays' }],
  bindings: [{ from: 'jobs.in.low', to: 'jobs.stray', toKind: 'queue' as const, key: '', header: 'job-wait-01' }],
};

test('a plan is printed as tables of text', () => {
  expect(describePlan(small).split('\n')).toEqual([
    'Exchanges (1)',
    'name         type   alternate   purpose',
    '-----------  -----  ----------  -------',
    'jobs.in.low  topic  jobs.stray  door',
    '',
    'Queues (1)',
    'name        purpose  arguments',
    '----------  -------  -------------------',
    'jobs.stray  strays   x-queue-type=quorum',
    '',
    'Bindings (1)',
    'from exchange  to                key or header',
    '-------------  ----------------  ----------------',
    'jobs.in.low    queue jobs.stray  job-wait-01=true',
  ]);
});

test('a plan is printed as tables of Markdown', () => {
  expect(planAsMarkdown(small).split('\n').slice(6, 11)).toEqual([
    '## Queues (1)',
    '',
    '| name         | purpose | arguments             |',
    '| ------------ | ------- | --------------------- |',
    '| `jobs.stray` | strays  | `x-queue-type=quorum` |',
  ]);
});

test('everything of the plan is printed, in both forms', () => {
  for (const printed of [describePlan(plan), planAsMarkdown(plan)]) {
    const things = [...plan.exchanges, ...plan.queues];
    expect(things.filter(({ name }) => !printed.includes(name))).toEqual([]);
    expect(printed.split('\n').length).toBeGreaterThan(things.length + plan.bindings.length);
  }
});

test('a plan does not differ from itself, nor by what its parts are said to be for', () => {
  expect(diffPlans(plan, plan)).toEqual([]);
  const reworded = { ...plan, queues: plan.queues.map((queue) => ({ ...queue, purpose: 'otherwise' })) };
  expect(diffPlans(plan, reworded)).toEqual([]);
});

test('what is added, removed and changed is told, each by its name', () => {
  const changed = {
    exchanges: [{ name: 'jobs.in.low', type: 'direct' as const, purpose: 'door' }],
    queues: [{ ...small.queues[0], name: 'jobs.later', type: 'quorum' as const, arguments: {}, purpose: '' }],
    bindings: [],
  };
  expect(diffPlans(small, changed).map(describeDifference)).toEqual([
    '~ exchange jobs.in.low: type topic -> direct',
    '~ exchange jobs.in.low: alternate jobs.stray -> (none)',
    '- queue jobs.stray',
    '+ queue jobs.later',
    '- binding jobs.in.low -> queue jobs.stray by "job-wait-01=true"',
  ]);
});

test('another queue type shows in the arguments of every queue', () => {
  const classic = planTopology({ names: namesFor(), queues: ['email'], queueType: 'classic' });
  const types = diffPlans(plan, classic).filter(({ field }) => field === 'x-queue-type');
  expect(types).toHaveLength(plan.queues.length);
  expect(types[0]).toMatchObject({ before: 'quorum', after: 'classic' });
});
