import { resolve } from 'node:path';
import { ConfigurationError, type PublisherKeys } from '@scutwork/jobs';
import type { Retention } from '@scutwork/jobs/wire';
import { nearestOf } from './nearest';
import { type Environment, environment, isSecret, knownVariables } from './variables';

/** How mail is sent: by the server of `SMTP_HOST`. */
export interface SmtpConfig {
  host: string;
  port: number;
  secure: boolean;
  auth: { user: string; pass: string } | undefined;
}

/** By what tokens of others are known, and what they may do. */
export interface JwtConfig {
  /** For HS256. */
  secret: string | undefined;
  /** Where the public keys of the issuer are. */
  jwksUrl: string | undefined;
  issuer: string | undefined;
  audience: string | undefined;
  /** The claim that holds the role; dots lead into objects. */
  roleClaim: string;
}

/** What the producer's API is told. */
export interface ApiConfig {
  /** Undefined when no tokens of others are taken. */
  jwt: JwtConfig | undefined;
  /** Requests of one client a minute. */
  rateLimit: number;
  /** Origins whose pages may call the API. */
  corsOrigins: string[];
}

/** The configuration of an app, from the environment alone. */
export interface AppConfig {
  host: string;
  port: number;
  logLevel: Environment['LOG_LEVEL'];
  /** Absolute. */
  dataDir: string;
  amqpUrls: string[];
  /** First words of every exchange and queue. */
  prefix: string;
  /** Keys of those who sign what they publish at the doors; undefined when nobody must. */
  publisherKeys: PublisherKeys | undefined;
  /** Whether workers make their queues exist. */
  declare: boolean;
  shutdownDeadlineMs: number;
  /** Jobs of one queue at a time, for queues that do not say otherwise. */
  concurrency: number;
  /** For jobs whose type does not say otherwise. */
  defaults: {
    maxAttempts: number;
    backoff: { type: 'exponential'; delayMs: number; multiplier: number; maxDelayMs: number; jitter: number };
  };
  /** `Infinity` when the broker's is switched off; undefined when nobody has said. */
  consumerTimeoutMs: number | undefined;
  /** How long finished jobs are kept, where `JOB_REMOVE_ON_…` say it: for an age, or the last so many of each queue. */
  retention: Retention;
  /** How many jobs of a queue may wait, `Infinity` for any number; `most` undefined where single queues alone are named. */
  backlog: { most?: number; queues: Record<string, number> };
  timeZone: string;
  /** Whether schedules tick. */
  recurring: boolean;
  databaseUrl: string;
  /** What an external cron shows; undefined when none may come. */
  cronSecret: string | undefined;
  /** What a reader of metrics shows, beside those who may read anyway. */
  metricsToken: string | undefined;
  api: ApiConfig;
  smtp: SmtpConfig | undefined;
  mailFrom: string;
  /** What is odd, and no mistake. */
  warnings: string[];
}

/**
 * Reads the environment. A variable that is set to nothing is not set.
 *
 * @param defaultPort the app's port where `PORT` says nothing
 * @throws ConfigurationError naming every mistake at once, and no secret
 * @example const config = readConfig({ defaultPort: 3000 });
 */
export function readConfig({ defaultPort }: { defaultPort: number }, env: NodeJS.ProcessEnv = process.env): AppConfig {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
  const read = environment.safeParse(given);
  if (!read.success) throw mistaken(read.error.issues, given);
  const values = read.data;
  return {
    host: values.HOST,
    port: values.PORT ?? defaultPort,
    logLevel: values.LOG_LEVEL,
    dataDir: resolve(values.SCUTWORK_DATA_DIR),
    amqpUrls: values.AMQP_URL,
    prefix: values.SCUTWORK_PREFIX,
    declare: values.SCUTWORK_DECLARE,
    publisherKeys: values.PUBLISHER_KEYS,
    shutdownDeadlineMs: values.SHUTDOWN_DEADLINE,
    concurrency: values.JOB_CONCURRENCY,
    defaults: {
      maxAttempts: values.JOB_MAX_ATTEMPTS,
      backoff: {
        type: 'exponential',
        delayMs: values.JOB_RETRY_DELAY,
        multiplier: values.JOB_RETRY_DELAY_MULTIPLIER,
        maxDelayMs: values.JOB_MAX_RETRY_DELAY,
        jitter: 0,
      },
    },
    consumerTimeoutMs: values.CONSUMER_TIMEOUT,
    retention: { completed: values.JOB_REMOVE_ON_COMPLETE, failed: values.JOB_REMOVE_ON_FAIL },
    backlog: values.JOB_MAX_BACKLOG,
    timeZone: values.JOB_TIMEZONE,
    recurring: values.JOB_RECURRING_ENABLED,
    databaseUrl: values.DATABASE_URL,
    cronSecret: values.CRON_SECRET,
    metricsToken: values.METRICS_TOKEN,
    api: { jwt: jwtOf(values), rateLimit: values.API_RATE_LIMIT, corsOrigins: values.API_CORS_ORIGINS ?? [] },
    smtp: smtpOf(values),
    mailFrom: values.SMTP_FROM,
    warnings: [...Object.keys(given).flatMap(oddityOf), ...lenienceOf(values)],
  };
}

function smtpOf(values: Environment): SmtpConfig | undefined {
  const { SMTP_HOST: host, SMTP_SECURE: secure, SMTP_USER: user, SMTP_PASSWORD: pass } = values;
  if (host === undefined) return undefined;
  const auth = user !== undefined && pass !== undefined ? { user, pass } : undefined;
  return { host, port: values.SMTP_PORT ?? (secure ? 465 : 587), secure, auth };
}

function jwtOf(values: Environment): JwtConfig | undefined {
  const { JWT_SECRET: secret, JWT_JWKS_URL: jwksUrl, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = values;
  if (secret === undefined && jwksUrl === undefined) return undefined;
  return { secret, jwksUrl, issuer, audience, roleClaim: values.JWT_ROLE_CLAIM };
}

interface Issue {
  path: PropertyKey[];
  message: string;
}

function mistaken(issues: readonly Issue[], given: Record<string, string | undefined>): ConfigurationError {
  const lines = issues.map(({ path, message }) => {
    const name = String(path[0]);
    const value = given[name];
    const shown = value === undefined ? 'is not set' : isSecret(name) ? 'is wrong' : `is ${JSON.stringify(value)}`;
    return `${name} ${shown}: ${message}`;
  });
  return new ConfigurationError('configuration_invalid', `The configuration is not valid.\n  ${lines.join('\n  ')}`, {
    field: String(issues[0]?.path[0]),
    hint: 'Correct the environment variables named here, all of them, and start again.',
  });
}

/** One issuer signs tokens for many services. */
function lenienceOf({ JWT_JWKS_URL: jwksUrl, JWT_ISSUER: issuer, JWT_AUDIENCE: audience }: Environment): string[] {
  if (jwksUrl === undefined || (issuer !== undefined && audience !== undefined)) return [];
  return ['JWT_JWKS_URL without JWT_ISSUER and JWT_AUDIENCE takes tokens that were made for other services as well'];
}

/** A misspelt setting would otherwise do nothing, in silence. */
function oddityOf(name: string): string[] {
  if (!name.startsWith('JOB_') || knownVariables.includes(name)) return [];
  const near = nearestOf(name, knownVariables);
  return [
    `${name} is not a setting that we know, and does nothing${near === undefined ? '' : `; did you mean ${near}?`}`,
  ];
}
