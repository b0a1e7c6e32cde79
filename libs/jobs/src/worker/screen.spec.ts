import { ID, arrived, settingsWith } from '../../../../test/support/delivered';
import type { ControlEntries } from '../contracts/control';
import { idTimeMs } from '../contracts/job-id';
import type { Control } from '../control/control-stream';
import { InForce } from '../control/in-force';
import { NO_CONTROL } from '../control/no-control';
import { z } from 'zod';
import { defineJob } from '../contracts/define-job';
import { Handlers } from './handlers';
import { screen } from './screen';

const settings = settingsWith({ poisonAfter: 3, unknownTypeMs: 600_000 });
const NOW = settings.clock.now();
const screened = (arrival: Parameters<typeof arrived>[0]) => screen(arrived(arrival, settings), settings, NO_CONTROL);

/** Screened with this in force. */
function under(entries: ControlEntries, arrival: Parameters<typeof arrived>[0] = {}) {
  const inForce = new InForce();
  inForce.setAll(entries);
  const control: Control = {
    ...{ standing: 'present', version: 1, revokes: inForce.revokes },
    isQueuePaused: (queue) => inForce.isQueuePaused(queue),
    shareOf: (queue, worker) => inForce.shareOf(queue, worker),
    isTypePaused: (type) => inForce.isTypePaused(type),
    revocationOf: (job) => inForce.revocationOf(job),
  };
  return screen(arrived(arrival, settings), settings, control);
}

test('what a suspect that went back unrun says of its deaths counts, but not that it went back', () => {
  const alone = (headers: Record<string, number>, deliveryCount: number) =>
    screened({ place: { suspect: true }, headers, deliveryCount })?.kind;
  expect(alone({ 'x-job-deaths': 2, 'x-job-put-back': 9 }, 0)).toBeUndefined();
  expect(alone({ 'x-job-deaths': 2, 'x-job-put-back': 9 }, 1)).toBe('dead');
});

test('a job in order is run', () => {
  expect(screened({})).toBeUndefined();
});

test('an unreadable header ends the job, and is named', () => {
  expect(screened({ headers: { 'x-job-attempt': 'x' } })).toMatchObject({
    kind: 'dead',
    reason: 'message_invalid',
    failure: { code: 'message_invalid', message: expect.stringContaining('x-job-attempt') },
  });
});

test.each([
  ['put into the queue past its exchange', { routingKey: 'jobs.email.normal' }],
  ['of a foreign pattern', { routingKey: 'jobs.email.normal', body: '{"pattern":"userCreated","data":1}' }],
])('a message %s, without a type of that queue, is dead: nowhere could it wait', (_, arrival) => {
  for (const messageId of ['x', undefined]) {
    const outcome = screened({ ...arrival, messageId, place: { queue: 'email' } });
    expect(outcome).toMatchObject({
      kind: 'dead',
      reason: 'message_invalid',
      failure: { message: /"email".*jobs\.email/ },
    });
  }
});

test('a message without an id gets one before anything else, also on a later delivery', () => {
  for (const deliveryCount of [0, 10]) {
    const outcome = screened({ messageId: undefined, deliveryCount, headers: { 'x-job-delay': 1 } });
    expect(outcome).toMatchObject({ kind: 'adopted', id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  }
  expect(screened({ messageId: undefined })).not.toEqual(screened({ messageId: undefined }));
});

test('what came back more than twice is a suspect', () => {
  expect([0, 1, 2].map((deliveryCount) => screened({ deliveryCount }))).toEqual([undefined, undefined, undefined]);
  expect(screened({ deliveryCount: 3 })).toEqual({ kind: 'suspected', deliveries: 3 });
});

test('a suspect runs alone until it has killed its worker three times', () => {
  const suspect = (deliveryCount: number) => screened({ deliveryCount, place: { suspect: true } });
  expect([0, 1, 2].map(suspect)).toEqual([undefined, undefined, undefined]);
  expect(suspect(3)).toMatchObject({
    kind: 'dead',
    reason: 'poison',
    failure: { message: expect.stringContaining('3 times') },
  });
});

test('a delay that is left is waited for', () => {
  expect(screened({ headers: { 'x-job-delay': 90_000 } })).toEqual({
    kind: 'deferred',
    delayMs: 90_000,
    reason: 'delay',
  });
});

test('a job is not started at or after its last moment', () => {
  const at = (ms: number) => screened({ headers: { 'x-job-expires-at': new Date(NOW + ms).toISOString() } });
  expect([at(-1), at(0), at(1)]).toEqual([{ kind: 'expired' }, { kind: 'expired' }, undefined]);
});

test('an unknown type waits longer and longer, and is dead when nobody knew it for ten minutes', () => {
  const pauses: number[] = [];
  let deferredMs = 0;
  for (;;) {
    const outcome = screened({ type: 'email.newer', headers: { 'x-job-deferred': deferredMs } });
    if (outcome?.kind !== 'deferred') {
      expect(outcome).toMatchObject({
        kind: 'dead',
        reason: 'type_unknown',
        failure: { message: /"email\.newer" for 6\d\d s/ },
      });
      break;
    }
    expect(outcome.reason).toBe('type_unknown');
    pauses.push(outcome.delayMs / 1_000);
    deferredMs += outcome.delayMs;
  }
  expect(pauses).toEqual([1, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60, 60, 60]);
});

test('a payload of a newer version than is known here waits like a type that is not; an older one is run', () => {
  const handlers = new Handlers();
  handlers.register(defineJob({ type: 'email.welcome', version: 2, payload: z.unknown() }), () => undefined);
  const known = settingsWith({ handlers, unknownTypeMs: 600_000 });
  const at = (headers: Record<string, number>) => screen(arrived({ headers }, known), known, NO_CONTROL);
  expect([at({}), at({ 'x-job-version': 2 })]).toEqual([undefined, undefined]);
  expect(at({ 'x-job-version': 3 })).toEqual({ kind: 'deferred', delayMs: 1_000, reason: 'type_unknown' });
  expect(at({ 'x-job-version': 3, 'x-job-deferred': 600_000 })).toMatchObject({
    ...{ kind: 'dead', reason: 'type_unknown' },
    failure: { message: 'No worker knew version 3 of the type "email.welcome", here it is 2, for 600 s' },
  });
  expect(screened({ headers: { 'x-job-version': 9 } })).toBeUndefined();
});

describe('a job that is revoked', () => {
  const revoked: ControlEntries = { r: { kind: 'revoke', id: ID, generation: 1, cancel: 'move' } };
  const sweep = (before: number): ControlEntries => ({ s: { kind: 'revoke-all', queue: 'email', before } });
  const madeAt = idTimeMs(ID) ?? 0;

  test('is dropped, whatever else would stand in its way but doubt of the message itself', () => {
    for (const headers of [
      {},
      { 'x-job-generation': 1 },
      { 'x-job-delay': 9 },
      { 'x-job-expires-at': '2001-01-01T00:00:00Z' },
    ])
      expect(under(revoked, { headers })).toEqual({ kind: 'cancelled', cancel: 'move' });
    expect(under(revoked, { deliveryCount: 9 })).toMatchObject({ kind: 'suspected' });
    expect(under(revoked, { headers: { 'x-job-attempt': 'x' } })).toMatchObject({ kind: 'dead' });
  });

  test('is run in a later generation', () => {
    expect(under(revoked, { headers: { 'x-job-generation': 2 } })).toBeUndefined();
  });

  test('with all of its queue that were made before: by its id, when that tells the time', () => {
    expect(under(sweep(madeAt + 1))).toEqual({ kind: 'cancelled', cancel: 'cancel' });
    expect(under(sweep(madeAt))).toBeUndefined();
  });

  test('by the timestamp of its message, to the end of its second, when the id does not tell, or is of an older life', () => {
    for (const arrival of [{ messageId: 'invoice-7' }, { headers: { 'x-job-generation': 1 } }]) {
      expect(under(sweep(7_000_000), { ...arrival, timestamp: 6_999 })).toMatchObject({ kind: 'cancelled' });
      expect(under(sweep(7_000_500), { ...arrival, timestamp: 7_000 })).toBeUndefined();
      expect(under(sweep(madeAt + 1), arrival)).toBeUndefined();
    }
  });
});

test('a job whose type is paused waits longer and longer, a quarter of a minute at most, for as long as it takes', () => {
  const paused: ControlEntries = { p: { kind: 'pause', type: 'email.welcome' } };
  const pauses: number[] = [];
  for (let pausedMs = 0; pauses.length < 9;) {
    const outcome = under(paused, { headers: { 'x-job-paused': pausedMs } });
    if (outcome?.kind !== 'deferred') throw new Error(`it did not wait, but ${JSON.stringify(outcome)}`);
    expect(outcome.reason).toBe('paused');
    pauses.push(outcome.delayMs / 1_000);
    pausedMs += outcome.delayMs;
  }
  expect(pauses).toEqual([1, 1, 2, 4, 8, 15, 15, 15, 15]);
  expect(under(paused, { headers: { 'x-job-paused': 1e12 } })).toMatchObject({ kind: 'deferred', delayMs: 15_000 });
  expect(under(paused, { type: 'email.other' })).toMatchObject({ reason: 'type_unknown' });
});

test('a pause of an unknown type does not use up the patience with it', () => {
  const paused: ControlEntries = { p: { kind: 'pause', type: 'email.newer' } };
  const long = { type: 'email.newer', headers: { 'x-job-paused': 3_600_000 } };
  expect(under(paused, long)).toMatchObject({ kind: 'deferred', reason: 'paused' });
  expect(under({}, long)).toMatchObject({ kind: 'deferred', reason: 'type_unknown', delayMs: 1_000 });
});
