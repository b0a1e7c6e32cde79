import { type IncomingMessage, namesFor } from '@scutwork/jobs';
import { factsOfDead } from './dead';

const names = namesFor();
const letter = (more: Partial<IncomingMessage>): IncomingMessage => ({
  ...{ queue: 'jobs.email.dead', exchange: 'jobs.dead', routingKey: 'email', body: Buffer.from('{}') },
  ...{ headers: {}, redelivered: false, deliveryCount: 0, messageId: 'order-1' },
  ...more,
});
const died = (reason: string) => ({
  'x-death': [
    {
      ...{ reason, queue: 'jobs.email.high', exchange: 'jobs.to.high', 'routing-keys': ['email'], count: 1 },
      time: { '!': 'timestamp', value: 7 },
    },
  ],
});
const deadIn = (message: IncomingMessage) => factsOfDead(message, names, 9_000).find(({ event }) => event === 'dead');

test.each([
  ['delivery_limit', 'poison'],
  ['rejected', 'rejected'],
  ['maxlen', 'rejected'],
])('what the broker gave up for %s is dead as %s, since when and from where it says', (said, reason) => {
  expect(factsOfDead(letter({ type: 'email.welcome', headers: died(said) }), names, 9_000)).toMatchObject([
    { event: 'submitted', priority: 'high', type: 'email.welcome' },
    { event: 'dead', reason, at: 7_000, type: 'email.welcome', worker: '', payload: '{}' },
  ]);
});

test('what a worker says counts over what the broker says', () => {
  const headers = {
    ...died('rejected'),
    'x-job-dead-reason': 'unrecoverable',
    'x-job-error': '{"name":"E","message":"m"}',
  };
  expect(deadIn(letter({ headers }))).toMatchObject({ reason: 'unrecoverable', failure: { name: 'E', message: 'm' } });
});

test.each(['not JSON', '7', 'null', '{"name":1}'])('an error that says %s is no obstacle', (error) => {
  const headers = { 'x-job-dead-reason': 'toString', 'x-job-error': error };
  expect(deadIn(letter({ headers }))).toMatchObject({ reason: 'rejected', failure: { message: expect.any(String) } });
});

test('the same letter without an id is the same job whenever it is read; another is another', () => {
  const id = (more: Partial<IncomingMessage>) => deadIn(letter({ messageId: undefined, ...more }))?.id;
  expect(id({ timestamp: 5 })).toBe(id({ timestamp: 5, redelivered: true, deliveryCount: 2 }));
  expect(id({ timestamp: 5 })).not.toBe(id({ timestamp: 6 }));
  expect(id({ timestamp: 5 })).not.toBe(id({ timestamp: 5, body: Buffer.from('[]') }));
});

test('a marker of the ledger is no job', () => {
  expect(factsOfDead(letter({ type: 'scutwork.probe.v1' }), names, 9_000)).toEqual([]);
});
