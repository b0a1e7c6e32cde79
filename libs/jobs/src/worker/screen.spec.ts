import { arrived, settingsWith } from '../../../../test/support/delivered';
import { screen } from './screen';

const settings = settingsWith({ poisonAfter: 3, unknownTypeMs: 600_000 });
const NOW = settings.clock.now();
const screened = (arrival: Parameters<typeof arrived>[0]) => screen(arrived(arrival, settings), settings);

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
