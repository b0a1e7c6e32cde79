import { durationMs } from '@scutwork/jobs';
import { type Kept, queueNameFault } from '@scutwork/jobs/wire';
import { z } from 'zod';

/** A text that `read` turns into a value; undefined means that it cannot, and `wanted` says what it could. */
function read<T>(wanted: string, parse: (text: string) => T | undefined) {
  return z.string().transform((text, context): T => {
    const value = parse(text.trim());
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: wanted });
    return z.NEVER;
  });
}

const text = z.string().trim();

const whole = (least: number, most: number) =>
  read(`use a whole number from ${least} to ${most}`, (given) => {
    const value = Number(given);
    return Number.isInteger(value) && value >= least && value <= most ? value : undefined;
  });

const number = (least: number, most: number) =>
  read(`use a number from ${least} to ${most}`, (given) => {
    const value = Number(given);
    return value >= least && value <= most ? value : undefined;
  });

const duration = (leastMs: number) =>
  read(`use milliseconds, at least ${leastMs}, or a text such as "90s"`, (given) => {
    const value = durationMs(/^\d+$/.test(given) ? Number(given) : given);
    return value !== undefined && value >= leastMs ? value : undefined;
  });

const toggle = read('use true or false', (given) => {
  if (/^(true|1|on|yes)$/i.test(given)) return true;
  return /^(false|0|off|no)$/i.test(given) ? false : undefined;
});

const isAddress = (url: string, protocols: string[]) =>
  URL.canParse(url) && protocols.includes(new URL(url).protocol) && new URL(url).hostname !== '';

const address = (protocols: string[], example: string) =>
  read(`use an address such as ${example}`, (given) => (isAddress(given, protocols) ? given : undefined));

const addresses = (protocols: string[], example: string) =>
  read(`use addresses such as ${example}, joined by commas`, (given) => {
    const urls = given.split(',').map((url) => url.trim());
    return urls.every((url) => isAddress(url, protocols)) ? urls : undefined;
  });

/** How long finished jobs are kept. */
const removal = read<Kept>('use true, false, how many of the last are kept, or an age such as "7d"', (given) => {
  if (/^(true|false)$/i.test(given)) return /^true$/i.test(given) ? { ageMs: 0 } : {};
  if (/^\d{1,9}$/.test(given)) return { last: Number(given) };
  const ageMs = durationMs(given);
  return ageMs !== undefined && ageMs >= 0 ? { ageMs } : undefined;
});

const backlogNumber = (given: string | undefined): number | undefined =>
  given === 'off' ? Number.POSITIVE_INFINITY : /^[1-9]\d{0,8}$/.test(given ?? '') ? Number(given) : undefined;

/** How many jobs of a queue may wait: of every one, and of those that are named. */
const backlog = read('use a number of jobs or off, and for single queues such as "200000,email=5000"', (given) => {
  const parts = given.split(',').map((part) => part.trim().split('='));
  const numbers = parts.map((part) => backlogNumber(part.at(-1)));
  const isNamed = parts.every(([queue = '', ...rest], i) =>
    rest.length === 0 ? i === 0 : rest.length === 1 && queueNameFault(queue) === undefined,
  );
  if (!isNamed || numbers.includes(undefined)) return undefined;
  const all = parts.map(([queue = '', number], i) => [number === undefined ? '' : queue, numbers[i] ?? 0] as const);
  const { '': most, ...queues } = Object.fromEntries(all);
  return { most, queues };
});

const timeZone = read('use a time zone such as "UTC" or "Europe/Berlin"', (given) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: given }).resolvedOptions().timeZone && given;
  } catch {
    return undefined;
  }
});

const prefixOf = (given: string) =>
  /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(given) && given.length <= 40 ? given : undefined;

const oneLine = read('use one line', (given) => (/[\r\n]/.test(given) ? undefined : given));

/** As RFC 7518 wants it of HS256: as many bits as the hash. */
const JWT_SECRET_BYTES = 32;

const jwtSecret = read(`use at least ${JWT_SECRET_BYTES} characters, made at random`, (given) =>
  Buffer.byteLength(given) >= JWT_SECRET_BYTES ? given : undefined,
);

/** Shorter ones can be guessed. */
const SHARED_SECRET_CHARS = 16;

/** Shown as a bearer token. */
const sharedSecret = read(`use at least ${SHARED_SECRET_CHARS} characters without spaces, made at random`, (given) =>
  given.length >= SHARED_SECRET_CHARS && !/\s/.test(given) ? given : undefined,
);

const claim = read('use the name of a claim, or names joined by dots', (given) =>
  /^[^.\s]+(\.[^.\s]+)*$/.test(given) ? given : undefined,
);

const origins = read('use origins such as https://app.example.org, joined by commas', (given) => {
  const list = given.split(',').map((origin) => origin.trim());
  return list.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin) ? list : undefined;
});

/** As much as the hash that is made with it. */
const PUBLISHER_KEY_BYTES = 32;

const publisherKeys = read(
  `use name:key, joined by commas; each key of at least ${PUBLISHER_KEY_BYTES} characters, made at random`,
  (given) => {
    const keys: Record<string, string[]> = {};
    for (const pair of given.split(',')) {
      const [, name, key] = /^\s*([\w.-]+):(\S+)\s*$/.exec(pair) ?? [];
      if (name === undefined || key === undefined || Buffer.byteLength(key) < PUBLISHER_KEY_BYTES) return undefined;
      keys[name] = [...(Object.hasOwn(keys, name) ? (keys[name] ?? []) : []), key];
    }
    return keys;
  },
);

const port = whole(1, 65_535);
const amqp = addresses(['amqp:', 'amqps:'], 'amqp://user:password@host:5672');

/** Every variable that an app reads. */
const variables = {
  HOST: text.default('127.0.0.1'),
  PORT: port.optional(),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'use debug, info, warn, error or silent',
    })
    .default('info'),
  SCUTWORK_DATA_DIR: text.default('.scutwork'),
  SCUTWORK_PREFIX: read('use words of a-z, 0-9 and "-", joined by dots, at most 40 characters', prefixOf).default(
    'jobs',
  ),
  SCUTWORK_DECLARE: toggle.default(true),
  PUBLISHER_KEYS: publisherKeys.optional(),
  AMQP_URL: amqp.default(['amqp://127.0.0.1:5672']),
  SHUTDOWN_DEADLINE: duration(0).default(30_000),
  CONSUMER_TIMEOUT: z
    .union([z.literal('off').transform(() => Number.POSITIVE_INFINITY), duration(1_000)], {
      error: 'use milliseconds, at least 1000, a text such as "45m", or off',
    })
    .optional(),
  DATABASE_URL: address(['postgres:', 'postgresql:'], 'postgresql://user:password@host:5432/name').default(
    'postgresql://127.0.0.1:5432/scutwork',
  ),
  JWT_SECRET: jwtSecret.optional(),
  JWT_JWKS_URL: address(['https:', 'http:'], 'https://login.example.org/.well-known/jwks.json').optional(),
  JWT_ISSUER: text.optional(),
  JWT_AUDIENCE: text.optional(),
  JWT_ROLE_CLAIM: claim.default('role'),
  API_RATE_LIMIT: whole(1, 100_000_000).default(6_000),
  API_CORS_ORIGINS: origins.optional(),
  JOB_CONCURRENCY: whole(1, 2_000).default(5),
  JOB_MAX_ATTEMPTS: whole(1, 1_000).default(3),
  JOB_RETRY_DELAY: duration(0).default(2_000),
  JOB_RETRY_DELAY_MULTIPLIER: number(1, 1_000).default(2),
  JOB_MAX_RETRY_DELAY: duration(0).default(60_000),
  JOB_MAX_BACKLOG: backlog.default({ most: 1_000_000, queues: {} }),
  JOB_REMOVE_ON_COMPLETE: removal.optional(),
  JOB_REMOVE_ON_FAIL: removal.optional(),
  JOB_TIMEZONE: timeZone.default('UTC'),
  JOB_RECURRING_ENABLED: toggle.default(true),
  CRON_SECRET: sharedSecret.optional(),
  METRICS_TOKEN: sharedSecret.optional(),
  SMTP_HOST: text.optional(),
  SMTP_PORT: port.optional(),
  SMTP_SECURE: toggle.default(false),
  SMTP_USER: text.optional(),
  SMTP_PASSWORD: z.string().optional(),
  SMTP_FROM: oneLine.default('Scutwork <no-reply@localhost>'),
};

/** Known, and read by what is yet to come. */
const reserved = ['JOB_DASHBOARD_ENABLED', 'JOB_DASHBOARD_PORT', 'JOB_ALERT_WEBHOOK'];

export const environment = z.object(variables).superRefine((values, context) => {
  const together = [
    ['SMTP_PASSWORD', 'SMTP_USER'],
    ['SMTP_USER', 'SMTP_PASSWORD'],
    ['SMTP_USER', 'SMTP_HOST'],
  ] as const;
  for (const [one, other] of together) {
    if (values[one] === undefined || values[other] !== undefined) continue;
    context.addIssue({ code: 'custom', path: [other], message: `set it as well, or leave out ${one}` });
  }
});
export type Environment = z.infer<typeof environment>;

export const knownVariables: readonly string[] = [...Object.keys(variables), ...reserved];

/** Whether the value may be shown to nobody. Addresses hold passwords. */
export function isSecret(name: string): boolean {
  return /PASSWORD|SECRET|TOKEN|KEYS|_URL$|WEBHOOK/.test(name);
}
