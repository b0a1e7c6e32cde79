import fc from 'fast-check';
import { type IncomingMessage, PRIORITIES, namesFor } from '@scutwork/jobs';
import { type JobEvent, decodeHeaders, identityOf, newJobId } from '@scutwork/jobs/wire';
import type { JobRow } from '../record/job-row';
import { merge } from '../record/merge';
import { messageOf } from './message-of';

const NOW = 1_800_000_000_000;
const names = namesFor();

function row(changes: Partial<JobRow> = {}): JobRow {
  const submitted = {
    event: 'submitted',
    id: newJobId(),
    type: 'email.welcome',
    generation: 0,
    at: NOW,
    priority: 'high',
  };
  return { ...merge(undefined, { ...submitted, delayMs: 0, payload: '{"to":"a"}' } as JobEvent), ...changes };
}

const headersOf = (job: JobRow, now = NOW) => decodeHeaders(messageOf(job, names, now) as unknown as IncomingMessage);

test('a job that is due goes straight to its queue, recorded, to be returned where there is none', () => {
  const job = row({ correlationId: 'c' });
  expect(messageOf(job, names, NOW)).toMatchObject({
    ...{
      exchange: names.direct('high'),
      routingKey: 'email',
      mandatory: true,
      messageId: job.id,
      type: 'email.welcome',
    },
    ...{ correlationId: 'c', timestamp: NOW / 1_000, contentType: 'application/json', body: Buffer.from('{"to":"a"}') },
  });
  expect(headersOf(job)).toMatchObject({ recorded: true, attempt: 1, generation: 0, delayMs: 0 });
});

test('what is left of the wait is waited, by the time that is given', () => {
  const job = row({ dueAt: NOW + 51_200 });
  expect(messageOf(job, names, NOW).exchange).toBe(names.delay(9));
  expect(messageOf(job, names, NOW + 25_600).exchange).toBe(names.delay(8));
  expect(messageOf(job, names, NOW + 51_200).exchange).toBe(names.direct('high'));
  expect(messageOf(job, names, NOW + 99_000).exchange).toBe(names.direct('high'));
});

test('a wait longer than the ladder leaves the rest in the message', () => {
  const left = headersOf(row({ dueAt: NOW + 400 * 86_400_000 }));
  expect(left).toMatchObject({ delayMs: expect.any(Number) });
  expect((left as { delayMs: number }).delayMs).toBeGreaterThan(80 * 86_400_000);
});

test.each([
  ['waiting', 0, 1],
  ['delayed', 0, 1],
  ['waiting', 2, 2],
  ['active', 2, 2],
  ['retrying', 2, 3],
] as const)('after %s in attempt %i comes attempt %i', (state, attempt, next) => {
  expect(headersOf(row({ state, attempt }))).toMatchObject({ attempt: next });
});

test('a job of which no submission is known cannot be published, and says so', () => {
  expect(() => messageOf(row({ payload: undefined }), names, NOW)).toThrow(
    expect.objectContaining({ code: 'payload_unknown', hint: expect.any(String) }),
  );
});

const rows = fc
  .record({
    key: fc.option(fc.string({ minLength: 1, maxLength: 128, unit: 'binary' }), { nil: undefined }),
    generation: fc.nat(1_000),
    priority: fc.constantFrom(...PRIORITIES),
    version: fc.option(fc.integer({ min: 2, max: 1_000 }), { nil: undefined }),
    maxAttempts: fc.option(fc.integer({ min: 1, max: 1_000 }), { nil: undefined }),
    timeoutMs: fc.option(fc.integer({ min: 1, max: 2 ** 40 }), { nil: undefined }),
    expiresAt: fc.option(fc.integer({ min: 0, max: 2 ** 42 }), { nil: undefined }),
    tenant: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
    backoff: fc.constantFrom(undefined, { type: 'fixed' as const, delayMs: 5, jitter: 0.5 }),
    tags: fc.constantFrom<string[] | undefined>(undefined, ['a', 'b c']),
  })
  .map((changes) => row(changes));

test('whatever a row says of its runs, its message says', () => {
  fc.assert(
    fc.property(rows, (job) => {
      const { generation, version, maxAttempts, timeoutMs, expiresAt: expiresAtMs, tenant, backoff, tags } = job;
      expect(headersOf(job)).toMatchObject({
        generation,
        version,
        maxAttempts,
        timeoutMs,
        expiresAtMs,
        tenant,
        backoff,
        tags,
      });
      const identity = identityOf(messageOf(job, names, NOW) as unknown as IncomingMessage);
      expect(identity?.key).toBe(job.key);
    }),
  );
});
