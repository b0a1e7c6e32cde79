import fc from 'fast-check';
import { type JobOptions, parseIsoTime, resolveJobOptions, resolveRunOptions } from './options';
import { PRIORITIES } from './job-type';

const NOW = Date.UTC(2030, 0, 1);
const resolve = (options: JobOptions) => resolveJobOptions(options, NOW);

test('a job without options leaves everything to its definition', () => {
  expect(resolveJobOptions(undefined, NOW)).toEqual({ delayMs: 0 });
  const defined = Object.entries(resolve({})).filter(([, value]) => value !== undefined);
  expect(defined).toEqual([['delayMs', 0]]);
});

test('priorities go by name or by number, 1 the highest', () => {
  for (const name of PRIORITIES) expect(resolve({ priority: name }).priority).toBe(name);
  const byNumber = [1, 5, 6, 10, 11, 15, 16, 20].map((priority) => resolve({ priority }).priority);
  expect(byNumber).toEqual(['critical', 'critical', 'high', 'high', 'normal', 'normal', 'low', 'low']);
  expect(resolve({ priority: 0 })).not.toHaveProperty('priority');
});

test('retries: n means n + 1 attempts', () => {
  expect(resolve({ retries: 0 }).maxAttempts).toBe(1);
  expect(resolve({ retries: 4 }).maxAttempts).toBe(5);
  expect(resolve({ retries: 4, attempts: 5 }).maxAttempts).toBe(5);
});

test('a delay is milliseconds, a text or a moment; a moment in the past is now', () => {
  expect(resolve({ delay: 1_234 }).delayMs).toBe(1_234);
  expect(resolve({ delay: '90s' }).delayMs).toBe(90_000);
  expect(resolve({ delay: new Date(NOW + 5_000) }).delayMs).toBe(5_000);
  expect(resolve({ delay: new Date(NOW - 5_000) }).delayMs).toBe(0);
  expect(resolve({ delay: '2 years' }).delayMs).toBeGreaterThan(700 * 86_400_000);
});

test('the last moment to start is a date or an ISO text with a zone', () => {
  expect(resolve({ expiresAt: new Date(NOW) }).expiresAtMs).toBe(NOW);
  expect(resolve({ expiresAt: '2030-01-01T01:00:00+01:00' }).expiresAtMs).toBe(NOW);
  expect(resolve({ expiresAt: '2029-12-31T23:59:59.500Z' }).expiresAtMs).toBe(NOW - 500);
});

test('every moment that a Date can hold is read back from its ISO text', () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true }), (date) => parseIsoTime(date.toISOString()) === date.getTime()),
  );
});

test('a tag counts once', () => {
  expect(resolve({ tags: ['eu', 'invoice', 'eu'] }).tags).toEqual(['eu', 'invoice']);
  expect(resolve({ tags: [] }).tags).toBeUndefined();
});

/** Also what no type allows: options come as JSON over HTTP too. */
const bad: [Record<string, unknown>, string, string][] = [
  [{ priority: 'urgent' }, 'priority_invalid', 'options.priority'],
  [{ priority: 21 }, 'priority_invalid', 'options.priority'],
  [{ priority: -1 }, 'priority_invalid', 'options.priority'],
  [{ priority: 1.5 }, 'priority_invalid', 'options.priority'],
  [{ priority: null }, 'priority_invalid', 'options.priority'],
  [{ attempts: 0 }, 'attempts_invalid', 'options.attempts'],
  [{ attempts: 1_001 }, 'attempts_invalid', 'options.attempts'],
  [{ attempts: 2.5 }, 'attempts_invalid', 'options.attempts'],
  [{ attempts: '3' }, 'attempts_invalid', 'options.attempts'],
  [{ attempts: Number.POSITIVE_INFINITY }, 'attempts_invalid', 'options.attempts'],
  [{ retries: -1 }, 'attempts_invalid', 'options.retries'],
  [{ retries: Number.POSITIVE_INFINITY }, 'attempts_invalid', 'options.retries'],
  [{ attempts: 3, retries: 3 }, 'attempts_invalid', 'options.retries'],
  [{ backoff: { type: 'fixed', delay: -1 } }, 'backoff_invalid', 'options.backoff.delay'],
  [{ timeout: 0 }, 'timeout_invalid', 'options.timeout'],
  [{ timeout: 'long' }, 'timeout_invalid', 'options.timeout'],
  [{ timeout: Number.POSITIVE_INFINITY }, 'timeout_invalid', 'options.timeout'],
  [{ timeout: 1e300 }, 'timeout_invalid', 'options.timeout'],
  [{ delay: -1 }, 'delay_invalid', 'options.delay'],
  [{ delay: 'tomorrow' }, 'delay_invalid', 'options.delay'],
  [{ delay: new Date(Number.NaN) }, 'delay_invalid', 'options.delay'],
  [{ delay: Number.MAX_VALUE }, 'delay_invalid', 'options.delay'],
  [{ expiresAt: '2030-01-01' }, 'expiry_invalid', 'options.expiresAt'],
  [{ expiresAt: '2030-01-01T00:00:00' }, 'expiry_invalid', 'options.expiresAt'],
  [{ expiresAt: '2030-13-41T00:00:00Z' }, 'expiry_invalid', 'options.expiresAt'],
  [{ expiresAt: new Date(Number.NaN) }, 'expiry_invalid', 'options.expiresAt'],
  [{ tags: 'invoice' }, 'tags_invalid', 'options.tags'],
  [{ tags: [''] }, 'tags_invalid', 'options.tags'],
  [{ tags: ['x'.repeat(65)] }, 'tags_invalid', 'options.tags'],
  [{ tags: Array.from({ length: 21 }, String) }, 'tags_invalid', 'options.tags'],
  [{ tags: ['a,b'] }, 'tags_invalid', 'options.tags'],
  [{ tags: [' a'] }, 'tags_invalid', 'options.tags'],
  [{ tenant: '' }, 'tenant_invalid', 'options.tenant'],
  [{ tenant: 'x'.repeat(129) }, 'tenant_invalid', 'options.tenant'],
  [{ correlationId: 7 }, 'correlation_id_invalid', 'options.correlationId'],
  [{ correlationId: '漢'.repeat(128) }, 'correlation_id_invalid', 'options.correlationId'],
];

test.each(bad)('%j is refused by %s, naming %s', (options, code, field) => {
  expect(() => resolve(options)).toThrow(expect.objectContaining({ code, field, hint: expect.any(String) }));
});

test('a definition names its type before the option at fault', () => {
  expect(() => resolveRunOptions({ attempts: 0 }, 'email.welcome')).toThrow(
    expect.objectContaining({ field: 'email.welcome.attempts' }),
  );
});
