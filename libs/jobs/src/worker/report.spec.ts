import { ID, arrived } from '../../../../test/support/delivered';
import type { JsonText } from '../contracts/json';
import { type StatedOutcome, eventOf, submittedBy } from './report';

/** Later than the id was made. */
const NOW = 0x019ab3c4d5e6 + 1_000;
const failure = { name: 'Error', message: 'busy' };
const facts = { id: ID, type: 'email.welcome', generation: 0, attempt: 2, delivery: 1, worker: 'w1', at: 9 };
const run = () => arrived({ body: '{"to": "ada"}', headers: { 'x-job-attempt': 2 }, deliveryCount: 1 });

test.each<[StatedOutcome, object]>([
  [
    { kind: 'completed', result: '1' as JsonText },
    { event: 'completed', result: '1' },
  ],
  [
    { kind: 'retry', delayMs: 5, exact: true, failure },
    { event: 'retrying', delayMs: 5, failure },
  ],
  [
    { kind: 'dead', reason: 'poison', failure },
    { event: 'dead', reason: 'poison', failure, payload: '{"to": "ada"}' },
  ],
  [{ kind: 'expired' }, { event: 'expired' }],
  [
    { kind: 'deferred', delayMs: 5, reason: 'delay' },
    { event: 'deferred', delayMs: 5, reason: 'delay' },
  ],
  [
    { kind: 'suspected', deliveries: 3 },
    { event: 'suspected', deliveries: 3 },
  ],
])('the outcome %j is told with which run of which job it was', (outcome, told) => {
  expect(eventOf(run(), outcome, 'w1', 9)).toEqual({ ...facts, key: undefined, startedAt: undefined, ...told });
});

test('a run that was started tells when', () => {
  const started = Object.assign(run(), { startedAt: 4 });
  for (const outcome of [{ kind: 'completed', result: undefined }, { kind: 'expired' }] as const) {
    expect(eventOf(started, outcome, 'w1', 9)).toMatchObject({ startedAt: 4, at: 9 });
  }
});

test('an adopted job is told with its new id and its payload', () => {
  const event = eventOf(arrived({ messageId: undefined, body: '7' }), { kind: 'adopted', id: ID }, 'w1', 9);
  expect(event).toMatchObject({ event: 'adopted', id: ID, payload: '7' });
});

test('a job that only its worker can record is told as its publisher would have done', () => {
  const headers = { 'x-job-tags': 'a,b', 'x-job-tenant': 'acme', 'x-job-max-attempts': 9 };
  const event = submittedBy(arrived({ headers, messageId: 'invoice-4711', timestamp: 5, body: '{}' }), NOW);
  expect(event).toMatchObject({
    ...{ event: 'submitted', key: 'invoice-4711', type: 'email.welcome', at: 5_000, priority: 'normal', payload: '{}' },
    ...{ maxAttempts: 9, tags: ['a', 'b'], tenant: 'acme' },
  });
});

test('the moment of submitting is in the id, else in the timestamp, else unknown and so now', () => {
  expect(submittedBy(arrived({ messageId: ID, timestamp: 5 }), NOW).at).toBe(0x019ab3c4d5e6);
  expect(submittedBy(arrived({ messageId: 'invoice-4711', timestamp: 5 }), NOW).at).toBe(5_000);
  expect(submittedBy(arrived({ messageId: undefined }), NOW).at).toBe(NOW);
});

test('a moment of submitting that has not come yet is of a wrong clock, or no time in seconds: it is now', () => {
  expect(submittedBy(arrived({ messageId: ID }), 9).at).toBe(9);
  expect(submittedBy(arrived({ messageId: 'invoice-4711', timestamp: NOW }), NOW).at).toBe(NOW);
});
