import { JobError, RetryAfterError, UnrecoverableError } from '../contracts/errors';
import { DEFAULT_RUN_POLICY, type RunPolicy } from '../contracts/options';
import { type RunEnd, decide } from './decide';

const decider = { random: () => 0.5, backoffFunctions: {}, maxResultBytes: 100 };
const policy = (changes: Partial<RunPolicy> = {}): RunPolicy => ({ ...DEFAULT_RUN_POLICY, ...changes });
const after = (end: RunEnd, attempt = 1, changes: Partial<RunPolicy> = {}) =>
  decide(end, attempt, policy(changes), decider);
const threw = (error: unknown): RunEnd => ({ ended: 'threw', error });
const returned = (value: unknown): RunEnd => ({ ended: 'returned', value });

describe('what a handler returns', () => {
  test.each([
    [{ sent: true }, '{"sent":true}'],
    [null, 'null'],
    ['', '""'],
    [undefined, undefined],
  ])('completes its job: %p', (value, result) => {
    expect(after(returned(value))).toEqual({ kind: 'completed', result });
  });

  test('completes its job also on the last attempt', () => {
    expect(after(returned(1), 3)).toEqual({ kind: 'completed', result: '1' });
  });

  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  test.each([
    ['a cycle', cycle, 'result_not_json'],
    ['a bigint', 1n, 'result_not_json'],
    ['101 bytes', 'x'.repeat(99), 'result_too_large'],
    ['letters of several bytes', '漢'.repeat(40), 'result_too_large'],
  ])('fails its attempt where it cannot be kept: %s', (_, value, code) => {
    expect(after(returned(value))).toMatchObject({ kind: 'retry', failure: { code } });
    expect(after(returned(value), 3)).toMatchObject({ kind: 'dead', reason: 'attempts_exhausted', failure: { code } });
  });

  test('may be as large as allowed', () => {
    expect(after(returned('x'.repeat(98)))).toMatchObject({ kind: 'completed' });
  });
});

describe('what a handler throws', () => {
  test('has its job tried again after the backoff, as long as attempts are left', () => {
    expect(after(threw(new Error('busy')), 2)).toMatchObject({
      kind: 'retry',
      delayMs: 4_000,
      exact: true,
      failure: { name: 'Error', message: 'busy' },
    });
    expect(after(threw(new Error('busy')), 3)).toMatchObject({ kind: 'dead', reason: 'attempts_exhausted' });
    expect(after(threw(new Error('busy')), 4)).toMatchObject({ kind: 'dead', reason: 'attempts_exhausted' });
  });

  test('ends its job at once where another attempt cannot help', () => {
    expect(after(threw(new UnrecoverableError('closed')))).toMatchObject({
      kind: 'dead',
      reason: 'unrecoverable',
      failure: { message: 'closed' },
    });
  });

  test('chooses the wait by itself, exactly, and uses up an attempt', () => {
    expect(after(threw(new RetryAfterError(12_345.2)))).toMatchObject({ kind: 'retry', delayMs: 12_346, exact: true });
    expect(after(threw(new RetryAfterError(1e300)))).toMatchObject({ delayMs: Number.MAX_SAFE_INTEGER });
    expect(after(threw(new RetryAfterError(1)), 3)).toMatchObject({ kind: 'dead', reason: 'attempts_exhausted' });
  });

  test('is a failure like any other where the handler itself added a job with a wrong payload', () => {
    const error = new JobError('payload_invalid', 'The payload of report.daily is not valid', { field: 'payload.day' });
    expect(after(threw(error))).toMatchObject({ kind: 'retry', failure: { code: 'payload_invalid' } });
  });

  test.each([undefined, null, 'text', 0])('may be no error at all: %p', (thrown) => {
    expect(after(threw(thrown))).toMatchObject({ kind: 'retry', failure: { name: 'ThrownValue' } });
  });
});

test('a payload that is refused ends its job at once', () => {
  const error = new JobError('payload_invalid', 'no "to"', { field: 'payload.to' });
  expect(after({ ended: 'refused', error })).toMatchObject({
    kind: 'dead',
    reason: 'payload_invalid',
    failure: { code: 'payload_invalid', message: 'no "to"' },
  });
});

test('a wait with jitter may be rounded up to fewer hops; one without is exact', () => {
  const backoff = { type: 'fixed', delayMs: 1_000, jitter: 0.5 } as const;
  expect(after(threw(new Error('no')), 1, { backoff })).toMatchObject({ delayMs: 750, exact: false });
});

test('a faulty backoff function costs its job a minute, not its life, and is told', () => {
  const backoff = { type: 'custom', name: 'missing', maxDelayMs: 1, jitter: 0 } as const;
  expect(after(threw(new Error('busy')), 1, { backoff })).toMatchObject({
    kind: 'retry',
    delayMs: 60_000,
    failure: { message: expect.stringMatching(/busy.*"missing"/) },
  });
});
