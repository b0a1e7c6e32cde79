import { resolve } from 'node:path';
import { ConfigurationError } from '@scutwork/jobs';
import { readConfig } from './read-config';

const read = (env: NodeJS.ProcessEnv) => readConfig({ defaultPort: 3000 }, env);

function refusal(env: NodeJS.ProcessEnv): ConfigurationError {
  try {
    read(env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
  }
  throw new Error('it was not refused');
}

describe('the configuration', () => {
  it('has the documented defaults', () => {
    expect(read({})).toEqual({
      host: '127.0.0.1',
      port: 3000,
      logLevel: 'info',
      dataDir: resolve('.scutwork'),
      amqpUrls: ['amqp://127.0.0.1:5672'],
      prefix: 'jobs',
      declare: true,
      shutdownDeadlineMs: 30_000,
      concurrency: 5,
      defaults: {
        maxAttempts: 3,
        backoff: { type: 'exponential', delayMs: 2_000, multiplier: 2, maxDelayMs: 60_000, jitter: 0 },
      },
      consumerTimeoutMs: undefined,
      retention: { completed: undefined, failed: undefined },
      backlog: { most: 1_000_000, queues: {} },
      timeZone: 'UTC',
      recurring: true,
      databaseUrl: 'postgresql://127.0.0.1:5432/scutwork',
      api: { jwt: undefined, rateLimit: 6_000, corsOrigins: [] },
      smtp: undefined,
      mailFrom: 'Scutwork <no-reply@localhost>',
      warnings: [],
    });
  });

  it.each([
    ['100', { last: 100 }],
    ['0', { last: 0 }],
    ['true', { ageMs: 0 }],
    ['false', {}],
    ['2d', { ageMs: 172_800_000 }],
  ])('reads how many finished jobs are kept, or how long: %s', (text, kept) => {
    expect(read({ JOB_REMOVE_ON_COMPLETE: text }).retention).toEqual({ completed: kept, failed: undefined });
    expect(read({ JOB_REMOVE_ON_FAIL: text }).retention).toEqual({ completed: undefined, failed: kept });
  });

  it.each([
    ['1000', { most: 1_000, queues: {} }],
    ['off', { most: Number.POSITIVE_INFINITY, queues: {} }],
    ['200000, email=5000,report=off', { most: 200_000, queues: { email: 5_000, report: Number.POSITIVE_INFINITY } }],
    ['email=1', { most: undefined, queues: { email: 1 } }],
  ])('reads how many jobs of a queue may wait: %s', (text, backlog) => {
    expect(read({ JOB_MAX_BACKLOG: text }).backlog).toEqual(backlog);
  });

  it.each(['0', 'many', '5,6', 'email=', '=5', 'a=1=2', 'E Mail=3', '10,__proto__=4'])(
    'refuses as a backlog %j',
    (text) => {
      expect(() => read({ JOB_MAX_BACKLOG: text })).toThrow(/JOB_MAX_BACKLOG is /);
    },
  );

  it('refuses what is neither', () => {
    expect(() => read({ JOB_REMOVE_ON_COMPLETE: 'soon', JOB_REMOVE_ON_FAIL: '-1' })).toThrow(
      /JOB_REMOVE_ON_COMPLETE is "soon": use true.*\n.*JOB_REMOVE_ON_FAIL/,
    );
  });

  it('reads what is set', () => {
    const config = read({
      PORT: '8080',
      AMQP_URL: 'amqp://a:1@one:5672/x, amqps://b:2@two',
      JOB_CONCURRENCY: '12',
      JOB_MAX_ATTEMPTS: '7',
      JOB_RETRY_DELAY: '500',
      JOB_MAX_RETRY_DELAY: '5m',
      JOB_RETRY_DELAY_MULTIPLIER: '1.5',
      JOB_TIMEZONE: 'Europe/Berlin',
      JOB_RECURRING_ENABLED: 'false',
      CONSUMER_TIMEOUT: 'off',
      SMTP_HOST: 'mail.example.org',
      SMTP_SECURE: 'true',
      SMTP_USER: 'u',
      SMTP_PASSWORD: ' p ',
    });
    expect(config).toMatchObject({
      port: 8080,
      amqpUrls: ['amqp://a:1@one:5672/x', 'amqps://b:2@two'],
      concurrency: 12,
      defaults: { maxAttempts: 7, backoff: { delayMs: 500, multiplier: 1.5, maxDelayMs: 300_000 } },
      timeZone: 'Europe/Berlin',
      recurring: false,
      consumerTimeoutMs: Number.POSITIVE_INFINITY,
      smtp: { host: 'mail.example.org', port: 465, secure: true, auth: { user: 'u', pass: ' p ' } },
    });
    expect(read({ CONSUMER_TIMEOUT: '45m' }).consumerTimeoutMs).toBe(2_700_000);
  });

  it('takes what is set to nothing as not set', () => {
    expect(read({ PORT: '', JOB_CONCURRENCY: ' ', SMTP_HOST: '' })).toMatchObject({
      port: 3000,
      concurrency: 5,
      smtp: undefined,
    });
  });

  it('names every mistake at once', () => {
    const error = refusal({
      PORT: '70000',
      JOB_CONCURRENCY: 'many',
      JOB_MAX_ATTEMPTS: '0',
      JOB_RETRY_DELAY: '-1',
      JOB_RETRY_DELAY_MULTIPLIER: '0.5',
      JOB_MAX_RETRY_DELAY: 'soon',
      JOB_TIMEZONE: 'Mars/Olympus',
      JOB_RECURRING_ENABLED: 'maybe',
      CONSUMER_TIMEOUT: 'never',
      LOG_LEVEL: 'loud',
      AMQP_URL: 'amqp://ok, http://no',
      DATABASE_URL: 'mysql://host',
      JWT_SECRET: 'short',
      JWT_JWKS_URL: 'file:///etc/passwd',
      JWT_ROLE_CLAIM: 'a..b',
      API_RATE_LIMIT: '0',
      API_CORS_ORIGINS: 'https://ok.example, https://no.example/path',
      SMTP_FROM: 'a@b.c\r\nBcc: everybody@example.org',
    });
    expect(error.code).toBe('configuration_invalid');
    const named = [...error.message.matchAll(/^ {2}([A-Z_]+) /gm)].map(([, name]) => name);
    expect(named.sort()).toEqual([
      'AMQP_URL',
      'API_CORS_ORIGINS',
      'API_RATE_LIMIT',
      'CONSUMER_TIMEOUT',
      'DATABASE_URL',
      'JOB_CONCURRENCY',
      'JOB_MAX_ATTEMPTS',
      'JOB_MAX_RETRY_DELAY',
      'JOB_RECURRING_ENABLED',
      'JOB_RETRY_DELAY',
      'JOB_RETRY_DELAY_MULTIPLIER',
      'JOB_TIMEZONE',
      'JWT_JWKS_URL',
      'JWT_ROLE_CLAIM',
      'JWT_SECRET',
      'LOG_LEVEL',
      'PORT',
      'SMTP_FROM',
    ]);
    expect(error.message).toContain('JOB_CONCURRENCY is "many": use a whole number from 1 to 2000');
  });

  it('reads the keys of publishers, several of one, and shows none of them', () => {
    const [one, other] = ['1'.repeat(32), '2'.repeat(32)];
    const { publisherKeys } = read({ PUBLISHER_KEYS: `shop:${one}, shop:${other},constructor:${one}` });
    expect(publisherKeys).toEqual({ shop: [one, other], constructor: [one] });
    const { message } = refusal({ PUBLISHER_KEYS: 'shop:hunter2' });
    expect(message).toContain('PUBLISHER_KEYS is wrong');
    expect(message).not.toContain('hunter2');
  });

  it('wants SMTP credentials whole', () => {
    expect(refusal({ SMTP_HOST: 'mail', SMTP_USER: 'u' }).message).toContain('SMTP_PASSWORD is not set');
    expect(refusal({ SMTP_USER: 'u', SMTP_PASSWORD: 'p' }).message).toContain('SMTP_HOST is not set');
  });

  it('shows no secret in a mistake', () => {
    const { message } = refusal({
      AMQP_URL: 'amqp//user:hunter2@host',
      DATABASE_URL: 'postgres//user:hunter2@host',
      JWT_SECRET: 'hunter2',
      SMTP_PASSWORD: 'hunter2',
    });
    expect(message).toContain('AMQP_URL is wrong');
    expect(message).not.toContain('hunter2');
  });

  it('reads whose tokens are taken', () => {
    const secret = 'x'.repeat(32);
    expect(read({ JWT_SECRET: secret, JWT_ROLE_CLAIM: 'app.role' }).api.jwt).toMatchObject({
      secret,
      roleClaim: 'app.role',
    });
    const jwks = { JWT_JWKS_URL: 'https://login.example.org/jwks', JWT_ISSUER: 'https://login.example.org' };
    expect(read(jwks).warnings).toEqual([expect.stringContaining('JWT_AUDIENCE')]);
    expect(read({ ...jwks, JWT_AUDIENCE: 'jobs' }).warnings).toEqual([]);
  });

  it('warns of a setting that it does not know, and not of one that is yet to come', () => {
    const { warnings } = read({
      JOB_CONCURENCY: '3',
      JOB_ALERT_WEBHOOK: 'https://x',
      JOB_SOMETHING_ELSE: '1',
      OTHER: '1',
    });
    expect(warnings).toEqual([
      'JOB_CONCURENCY is not a setting that we know, and does nothing; did you mean JOB_CONCURRENCY?',
      'JOB_SOMETHING_ELSE is not a setting that we know, and does nothing',
    ]);
  });
});
