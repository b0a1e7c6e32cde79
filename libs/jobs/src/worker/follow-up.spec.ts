import { ID, arrived } from '../../../../test/support/delivered';
import type { DeferReason, Outcome } from '../contracts/outcome';
import { FarDelays } from '../topology/far-delays';
import { namesFor } from '../topology/names';
import { type WayOf, followUp } from './follow-up';

const names = namesFor();
const failure = { name: 'Error', message: 'busy' };
const retry: Outcome = { kind: 'retry', delayMs: 0, exact: true, failure };
const dead: Outcome = { kind: 'dead', reason: 'unrecoverable', failure };
const far = new FarDelays(names);
const wayOf: WayOf = ({ job }, wait) => far.route(job.type, job.priority, wait, 7);
const after = (outcome: Outcome, arrival: Parameters<typeof arrived>[0] = {}) =>
  followUp(arrived(arrival), outcome, names, wayOf);

test.each<Outcome>([
  { kind: 'completed', result: undefined },
  { kind: 'expired' },
  { kind: 'cancelled', cancel: 'move' },
])('nothing follows %j', (outcome) => {
  expect(after(outcome)).toBeUndefined();
});

test('what follows is the same job: body, id, properties', () => {
  const said = { correlationId: 'c', appId: 'shop', timestamp: 7 };
  const outcomes: Outcome[] = [
    retry,
    dead,
    { kind: 'deferred', delayMs: 1, reason: 'delay' },
    { kind: 'suspected', deliveries: 3 },
  ];
  for (const outcome of outcomes) {
    expect(after(outcome, { body: '{ "to" : 1 }', messageId: 'invoice-4711', ...said })).toMatchObject({
      body: Buffer.from('{ "to" : 1 }'),
      messageId: 'invoice-4711',
      type: 'email.welcome',
      contentType: 'application/json',
      mandatory: true,
      ...said,
    });
  }
});

describe('a retry', () => {
  test('is the next attempt, down the ladder', () => {
    const message = after({ ...retry, delayMs: 200 }, { headers: { 'x-job-attempt': 2 } });
    expect(message).toMatchObject({
      exchange: 'jobs.delay.v1.01',
      routingKey: 'email.normal',
      type: 'email.welcome',
    });
    expect(message?.headers).toEqual({ 'x-job-attempt': 3, 'job-wait-01': true });
  });

  test('does not wait again where its last wait was', () => {
    const message = after({ ...retry, delayMs: 200 }, { headers: { 'job-wait-05': true, 'job-wait-00': true } });
    expect(message?.headers).toEqual({ 'x-job-attempt': 2, 'job-wait-01': true });
  });

  test('without a wait goes straight back to its priority', () => {
    expect(after(retry, { place: { priority: 'high' } })).toMatchObject({
      exchange: 'jobs.to.high',
      routingKey: 'email',
      headers: { 'x-job-attempt': 2 },
    });
  });

  test('of a suspect goes back to the level that it came from', () => {
    const place = { suspect: true };
    const message = after(retry, { place, headers: { 'x-job-priority': 'critical' } });
    expect(message).toMatchObject({ exchange: 'jobs.to.critical' });
    expect(message?.headers).not.toHaveProperty('x-job-priority');
  });

  test('forgets the waits that are over and keeps what was set for the job', () => {
    const set = {
      ...{ 'x-job-max-attempts': 9, 'x-job-timeout': 10, 'x-job-backoff': '{"type":"fixed","delayMs":1,"jitter":0}' },
      ...{ 'x-job-expires-at': '2030-06-01T00:00:00.000Z', 'x-job-generation': 2, 'x-job-tags': 'a,b' },
      ...{ 'x-job-tenant': 'acme', 'x-job-group': 'g', 'x-job-schedule': 's', 'x-job-flow': 'f', 'x-job-key': 'k' },
      ...{ 'x-job-recorded': true, traceparent: '00-1-2-01' },
    };
    const message = after(retry, { headers: { ...set, 'x-job-deferred': 5_000, 'x-job-delay': 5_000 } });
    expect(message?.headers).toEqual({ ...set, 'x-job-attempt': 2 });
  });

  test('that is far goes to the ledger, and without one down the ladder, beyond it with the rest of its wait', () => {
    const year = 365 * 86_400_000;
    expect(after({ ...retry, delayMs: year })).toMatchObject({
      ...{ exchange: '', routingKey: 'jobs.later', mandatory: true, type: 'email.welcome' },
      headers: { 'x-job-delay': year, 'x-job-attempt': 2, 'x-job-priority': 'normal', 'x-job-later-since': 7 },
    });
    far.noteAbsent(7);
    expect(after({ ...retry, delayMs: year })?.headers?.['x-job-delay']).toBe(year - (2 ** 28 - 1) * 100);
  });
});

test('headers of the broker do not travel on; headers of others do', () => {
  const brokers = {
    ...{ 'x-death': [{}], 'x-first-death-queue': 'q', 'x-first-death-reason': 'expired', 'x-last-death-exchange': 'e' },
    ...{ 'x-delivery-count': 2, 'x-acquired-count': 2, CC: 'a', BCC: 'b' },
  };
  const others = { baggage: 'user=ada', 'x-shop-id': 7, urgent: true };
  const unwritable = { when: { '!': 'timestamp', value: 5 }, list: [1], nothing: null };
  for (const outcome of [retry, dead, { kind: 'suspected', deliveries: 3 } as const]) {
    const headers = after(outcome, { headers: { ...brokers, ...others, ...unwritable } })?.headers ?? {};
    expect(headers).toMatchObject(others);
    expect(Object.keys(headers).filter((name) => name in brokers || name in unwritable)).toEqual([]);
  }
});

describe('a deferred job', () => {
  test('is the same attempt, and has waited longer', () => {
    const headers = { 'x-job-attempt': 2, 'x-job-deferred': 4_000 };
    const message = after({ kind: 'deferred', delayMs: 4_000, reason: 'type_unknown' }, { headers });
    expect(message?.headers).toMatchObject({ 'x-job-attempt': 2, 'x-job-deferred': 8_000 });
    expect(message?.exchange).toMatch(/^jobs\.delay\./);
  });

  test('by a delay of its own waits exactly, and that does not count as deferring', () => {
    const message = after(
      { kind: 'deferred', delayMs: 12_300, reason: 'delay' },
      { headers: { 'x-job-delay': 12_300 } },
    );
    expect(message?.routingKey).toBe('email.normal');
    expect(Object.keys(message?.headers ?? {})).toEqual([0, 1, 3, 4, 5, 6].map((bit) => `job-wait-0${bit}`));
  });
});

test('a job that nobody has recorded stays so until it is started', () => {
  const run = arrived();
  const recorded = (outcome: Outcome) => followUp(run, outcome, names, wayOf)?.headers?.['x-job-recorded'];
  expect(recorded({ kind: 'deferred', delayMs: 1, reason: 'delay' })).toBeUndefined();
  expect(recorded({ kind: 'suspected', deliveries: 3 })).toBeUndefined();
  expect(recorded({ kind: 'adopted', id: ID })).toBeUndefined();
  run.startedAt = 1;
  expect(recorded(retry)).toBe(true);
});

test('an adopted job goes round with its new id, its delay still ahead', () => {
  const message = after({ kind: 'adopted', id: ID }, { messageId: undefined, headers: { 'x-job-delay': 500 } });
  expect(message).toMatchObject({ exchange: 'jobs.normal', routingKey: 'email.welcome', messageId: ID });
  expect(message?.headers).toMatchObject({ 'x-job-delay': 500 });
});

test('a suspect goes to the suspects of its queue and keeps its level', () => {
  expect(after({ kind: 'suspected', deliveries: 3 }, { place: { priority: 'high' } })).toMatchObject({
    exchange: 'jobs.suspect',
    routingKey: 'email',
    headers: { 'x-job-priority': 'high' },
  });
});

test('a suspect that goes back carries how often its worker died, and is another message', () => {
  const headers = { 'x-job-deaths': 1, 'x-job-put-back': 4 };
  const back = after({ kind: 'returned' }, { place: { priority: 'high', suspect: true }, headers, deliveryCount: 1 });
  expect(back).toMatchObject({
    ...{ exchange: 'jobs.suspect', routingKey: 'email' },
    headers: { 'x-job-priority': 'high', 'x-job-deaths': 2, 'x-job-put-back': 5 },
  });
});

test('a dead job goes to the dead letters of its queue, with the reason and the error', () => {
  const message = after(dead, { place: { priority: 'low' } });
  expect(message).toMatchObject({
    exchange: 'jobs.dead',
    routingKey: 'email',
    headers: { 'x-job-priority': 'low', 'x-job-dead-reason': 'unrecoverable' },
  });
  expect(JSON.parse(String(message?.headers?.['x-job-error']))).toEqual(failure);
});

test('a dead letter that is published again does not carry its death along', () => {
  const headers = { 'x-job-dead-reason': 'poison', 'x-job-error': '{}', 'x-job-priority': 'low' };
  expect(Object.keys(after(retry, { headers })?.headers ?? {})).toEqual(['x-job-attempt']);
});

test('what waited for a paused type, and what for an unknown one, are counted apart', () => {
  const headers = { 'x-job-deferred': 1_000, 'x-job-paused': 2_000 };
  const deferred = (reason: DeferReason) => after({ kind: 'deferred', delayMs: 4_000, reason }, { headers })?.headers;
  expect(deferred('paused')).toMatchObject({ 'x-job-deferred': 1_000, 'x-job-paused': 6_000 });
  expect(deferred('type_unknown')).toMatchObject({ 'x-job-deferred': 5_000, 'x-job-paused': 2_000 });
  expect(deferred('delay')).toMatchObject(headers);
  expect(after(retry, { headers })?.headers).toEqual({ 'x-job-attempt': 2 });
});
