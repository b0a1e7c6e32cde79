import fc from 'fast-check';
import type { ResolvedBackoff } from './backoff';
import { type JobHeaders, decodeHeaders, encodeHeaders, identityOf, messageIdOf } from './envelope';
import { HEADER } from './headers';
import { checkJobId } from './job-id';
import type { IncomingMessage } from './message';
import { resolveJobOptions } from './options';

function arrived(headers: Record<string, unknown>, rest: Partial<IncomingMessage> = {}): IncomingMessage {
  const place = { queue: 'jobs.email.normal', exchange: 'jobs.normal', routingKey: 'email.welcome' };
  return { ...place, body: Buffer.from('{}'), headers, redelivered: false, deliveryCount: 0, ...rest };
}

const whole = (min: number) => fc.integer({ min, max: Number.MAX_SAFE_INTEGER });
const text = fc.string({ minLength: 1, maxLength: 128 });
const tag = fc.string({ minLength: 1, maxLength: 64 }).filter((t) => !t.includes(',') && t.trim() === t);
const jitter = fc.double({ min: 0, max: 1, noNaN: true });
const backoff: fc.Arbitrary<ResolvedBackoff> = fc.oneof(
  fc.record({ type: fc.constant('fixed' as const), delayMs: whole(0), jitter }),
  fc.record({
    type: fc.constant('exponential' as const),
    delayMs: whole(0),
    multiplier: fc.double({ min: 1, noNaN: true, noDefaultInfinity: true }),
    maxDelayMs: whole(0),
    jitter,
  }),
  fc.record({ type: fc.constant('custom' as const), name: text, maxDelayMs: whole(0), jitter }),
);
const job: fc.Arbitrary<JobHeaders> = fc
  .record({
    ...{ delayMs: whole(0), attempt: whole(1), generation: whole(0), recorded: fc.boolean() },
    ...{ deferredMs: whole(0), pausedMs: whole(0) },
  })
  .chain((always) =>
    fc
      .record(
        {
          ...{ key: text, maxAttempts: whole(1), backoff, timeoutMs: whole(1), tenant: text, group: text },
          ...{ schedule: text, flow: text, traceparent: text, version: whole(2) },
          expiresAtMs: fc.date({ noInvalidDate: true }).map((date) => date.getTime()),
          tags: fc.array(tag, { minLength: 1, maxLength: 20 }),
        },
        { requiredKeys: [] },
      )
      .map((sometimes) => ({ ...always, ...sometimes })),
  );

const present = (value: object) => Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined));

test('what is written is read back, whatever it is', () => {
  fc.assert(
    fc.property(job, (given) => {
      expect(present(decodeHeaders(arrived(encodeHeaders(given))))).toEqual(given);
    }),
  );
});

test('every option that a client takes can be read by a worker', () => {
  const options = fc.record(
    {
      ...{ priority: fc.integer({ min: 0, max: 20 }), attempts: fc.integer({ min: 1, max: 1_000 }) },
      ...{ timeout: whole(1), delay: whole(0), tenant: text, tags: fc.array(tag, { maxLength: 20 }) },
      expiresAt: fc.date({ noInvalidDate: true }),
      backoff: fc.oneof(
        whole(0),
        fc.record({
          type: fc.constant('exponential' as const),
          multiplier: fc.double({ min: 1, noNaN: true, noDefaultInfinity: true }),
          jitter,
        }),
      ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(options, (given) => {
      const { delayMs, maxAttempts, backoff, timeoutMs, expiresAtMs, tags, tenant } = resolveJobOptions(given, 0);
      const sent = { delayMs, maxAttempts, backoff, timeoutMs, expiresAtMs, tags, tenant };
      expect(decodeHeaders(arrived(encodeHeaders(sent)))).toMatchObject(present(sent));
    }),
  );
});

test('a job at its defaults travels without headers', () => {
  expect(encodeHeaders({ delayMs: 0, attempt: 1, generation: 0, recorded: false, deferredMs: 0, pausedMs: 0 })).toEqual(
    {},
  );
  expect(present(decodeHeaders(arrived({})))).toEqual({
    delayMs: 0,
    attempt: 1,
    generation: 0,
    recorded: false,
    deferredMs: 0,
    pausedMs: 0,
  });
});

test('headers are texts, numbers and booleans, as every AMQP client can write them', () => {
  fc.assert(
    fc.property(job, (given) =>
      Object.values(encodeHeaders(given)).every((value) => ['string', 'number', 'boolean'].includes(typeof value)),
    ),
  );
});

test('numbers may come as texts, lists as arrays, and nothing as null', () => {
  const decoded = decodeHeaders(
    arrived({
      [HEADER.attempt]: '2',
      [HEADER.delay]: ' 1500 ',
      [HEADER.tags]: ['eu', 'invoice'],
      [HEADER.tenant]: 42,
      [HEADER.timeout]: null,
      [HEADER.backoff]: null,
      [HEADER.expiresAt]: null,
      [HEADER.group]: '',
      [HEADER.recorded]: false,
    }),
  );
  expect(present(decoded)).toEqual({
    ...{ attempt: 2, delayMs: 1_500, tags: ['eu', 'invoice'], tenant: '42' },
    ...{ generation: 0, recorded: false, deferredMs: 0, pausedMs: 0 },
  });
});

test('spaces and empty places in a list of tags do not count', () => {
  expect(decodeHeaders(arrived({ [HEADER.tags]: 'eu, invoice,, ' }))).toMatchObject({ tags: ['eu', 'invoice'] });
  expect(decodeHeaders(arrived({ [HEADER.tags]: ' , ' }))).toMatchObject({ tags: undefined });
});

test('a backoff may leave out what has a default', () => {
  expect(decodeHeaders(arrived({ [HEADER.backoff]: '{"type":"exponential","delayMs":10}' }))).toMatchObject({
    backoff: { type: 'exponential', delayMs: 10, multiplier: 2, maxDelayMs: 60_000, jitter: 0 },
  });
});

test.each<[string, unknown]>([
  [HEADER.delay, -1],
  [HEADER.delay, 'soon'],
  [HEADER.delay, 1.5],
  [HEADER.attempt, 0],
  [HEADER.attempt, ''],
  [HEADER.version, 0],
  [HEADER.maxAttempts, 0],
  [HEADER.timeout, 0],
  [HEADER.timeout, 2 ** 60],
  [HEADER.generation, -1],
  [HEADER.deferred, Number.NaN],
  [HEADER.expiresAt, '2030-01-01'],
  [HEADER.expiresAt, 1_893_456_000_000],
  [HEADER.tenant, { name: 'acme' }],
  [HEADER.tags, { 0: 'eu' }],
  [HEADER.backoff, 'fixed'],
  [HEADER.backoff, 'null'],
  [HEADER.backoff, '{"type":"linear"}'],
  [HEADER.backoff, '{"type":"fixed","delayMs":"1"}'],
  [HEADER.backoff, '{"type":"fixed","delayMs":1e400}'],
  [HEADER.backoff, '{"type":"fixed","delayMs":1,"jitter":2}'],
  [HEADER.backoff, '{"type":"exponential","delayMs":1,"multiplier":0.5}'],
  [HEADER.backoff, '{"type":"custom"}'],
])('%s: %j is a fault that names its header', (name, value) => {
  const fault = decodeHeaders(arrived({ [name]: value }));
  expect(fault).toEqual({ field: name, message: expect.stringContaining(`${name} is not legal: it must be`) });
});

test('the first fault is the one that is told', () => {
  expect(decodeHeaders(arrived({ [HEADER.attempt]: 'x', [HEADER.delay]: 'y' }))).toMatchObject({ field: HEADER.delay });
});

test('whatever a foreign client writes, reading never throws', () => {
  const headers = fc.dictionary(fc.constantFrom<string>(...Object.values(HEADER)), fc.anything());
  fc.assert(fc.property(headers, (given) => expect(decodeHeaders(arrived(given))).toBeDefined()));
});

test('an id keeps its key on the way, also where the key is too long for a message id', () => {
  const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((t) => t.length <= 128);
  const long = fc.constantFrom('漢'.repeat(128), 'é'.repeat(128));
  fc.assert(
    fc.property(fc.oneof(id, long), (chosen) => {
      let identity;
      try {
        identity = checkJobId(chosen);
      } catch {
        return; // Control characters.
      }
      const { messageId, key } = messageIdOf(identity);
      expect(Buffer.byteLength(messageId)).toBeLessThanOrEqual(255);
      expect(identityOf(arrived(encodeHeaders({ key }), { messageId }))).toEqual(identity);
    }),
  );
});

test('a message without an id, or with an empty one, has no identity', () => {
  expect(identityOf(arrived({}))).toBeUndefined();
  expect(identityOf(arrived({}, { messageId: '' }))).toBeUndefined();
});
