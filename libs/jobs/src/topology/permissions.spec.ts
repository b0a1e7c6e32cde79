import { namesFor } from './names';
import { BROKER_ROLES, type BrokerRole, permissionsOf } from './permissions';

const names = namesFor('acme');
const of = (role: BrokerRole, declare?: boolean) => {
  const { configure, write, read } = permissionsOf(role, { names, queues: ['email', 'report'], declare });
  const may = (pattern: string) => (name: string) => new RegExp(pattern).test(name);
  return { configure: may(configure), write: may(write), read: may(read) };
};

test.each(BROKER_ROLES)('what %s may do stays within the prefix, but for the queues of answers', (role) => {
  const { configure, write, read } = of(role, true);
  for (const name of ['other.email.normal', 'acmeXemail.normal', 'acme.email.normal.more', 'amq.topic'])
    expect([configure(name), write(name), read(name)]).toEqual([false, false, false]);
});

test('a foreign publisher writes to the doors, and nothing else', () => {
  const { configure, write, read } = of('publisher');
  expect(['acme.in.critical', 'acme.in.low'].map(write)).toEqual([true, true]);
  for (const name of ['acme.normal', 'acme.to.normal', 'acme.records', 'amq.default', 'acme.email.normal'])
    expect([configure(name), write(name), read(name)]).toEqual([false, false, false]);
});

test('a worker that does not declare makes and deletes nothing, and reads its own queues alone', () => {
  const { configure, write, read } = of('worker', false);
  expect(['acme.email.normal', 'acme.dead', 'acme.control'].map(configure)).toEqual([false, false, false]);
  expect(['acme.email.normal', 'acme.report.suspect', 'acme.control'].map(read)).toEqual([true, true, true]);
  expect(['acme.crm.normal', 'acme.email.dead', 'acme.ledger', 'acme.submit'].map(read)).toEqual([
    ...[false, false, false, false],
  ]);
  expect(['acme.dead', 'acme.suspect', 'acme.delay.v1.27', 'acme.records'].map(write)).toEqual([
    ...[true, true, true, true],
  ]);
  expect(['acme.control', 'acme.ledger', 'acme.email.normal'].map(write)).toEqual([false, false, false]);
});

test('one that declares may also make what it names, dead-letters to and binds', () => {
  const { configure, write, read } = of('worker');
  expect(['acme.email.normal', 'acme.delay.v1.00', 'acme.in.low'].map(configure)).toEqual([true, true, true]);
  expect(['acme.email.normal', 'acme.stray', 'acme.due'].map(write)).toEqual([true, true, true]);
  expect(['acme.in.low', 'acme.due'].map(read)).toEqual([true, true]);
  expect(['acme.ledger', 'acme.control', 'acme.crm.normal'].map(configure)).toEqual([false, false, false]);
});

test('a scheduler asks the ledger and listens', () => {
  const { configure, write, read } = of('scheduler');
  expect([write('amq.default'), read('acme.control')]).toEqual([true, true]);
  expect([configure('acme.control'), write('acme.normal'), read('acme.submit')]).toEqual([false, false, false]);
});

test('the producer reads the dead letters of queues that it does not know', () => {
  expect(of('producer').read('acme.crm.dead')).toBe(true);
  expect(of('producer').read('acme.email.normal')).toBe(true);
  expect(of('producer').configure('acme.crm.dead')).toBe(false);
});
