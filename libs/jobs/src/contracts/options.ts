import { type Backoff, DEFAULT_BACKOFF, type ResolvedBackoff, resolveBackoff } from './backoff';
import { type Duration, durationMs } from './duration';
import { type ErrorCode, JobError } from './errors';
import { MOST_PROPERTY_BYTES } from './message';
import type { RetentionOptions } from './retention';
import type { UniqueOptions } from './submission';
import { PRIORITIES, type Priority, isPriority } from './job-type';

/**
 * A priority by name, or by number as other systems give it: 1 is the highest, 20 the lowest (other systems count
 * upwards). 1–5 is `critical`, 6–10 `high`, 11–15 `normal`, 16–20 `low`; 0 means the type's default.
 */
export type PriorityOption = Priority | number;

/** What a job type may set for all its jobs, and one job may set for itself. */
export interface RunOptions {
  /** Default `normal`. */
  priority?: PriorityOption;
  /** How often the handler may be tried in all, 1 or more. Default 3. */
  attempts?: number;
  /** The same counted otherwise: `retries: n` means `attempts: n + 1`. */
  retries?: number;
  /** Default exponential from 2 s, × 2, at most 60 s, without jitter. */
  backoff?: Backoff;
  /** For one attempt, milliseconds or a text. Default 5 minutes. */
  timeout?: Duration;
}

/** What one job may set when it is added. */
export interface JobOptions extends RunOptions {
  /** A job id of your own, 1 to 128 characters. Adding again with the same id is safe after an unknown outcome. */
  id?: string;
  /** Milliseconds, a text such as `'90s'`, or a date. What is in the past runs at once. No upper limit. */
  delay?: Duration | Date;
  /** After this moment the job is not started any more and ends as `expired`. */
  expiresAt?: Date | string;
  /** At most 20 texts of at most 64 characters. */
  tags?: string[];
  /** Whose job this is, at most 128 characters. */
  tenant?: string;
  /** Only one job of this key: the ledger decides, so there must be one. `false`: also where its type says otherwise. */
  unique?: UniqueOptions | false;
  /** How long it is kept when it is finished: the ledger sees to it, so there must be one. */
  retention?: RetentionOptions;
  /** Travels in the AMQP property of the same name and into the handler's context, at most 128 characters. */
  correlationId?: string;
}

/** The values a run needs, each in milliseconds or as a number, nothing left open. */
export interface RunPolicy {
  priority: Priority;
  maxAttempts: number;
  backoff: ResolvedBackoff;
  timeoutMs: number;
}

/** Values used where neither the job nor its definition says otherwise. */
export const DEFAULT_RUN_POLICY: RunPolicy = {
  priority: 'normal',
  maxAttempts: 3,
  backoff: DEFAULT_BACKOFF,
  timeoutMs: 5 * 60_000,
};

/** What was set explicitly for one job: it travels in headers, the rest comes from the definition at the worker. */
export interface JobOverrides extends Partial<RunPolicy> {
  delayMs: number;
  expiresAtMs?: number;
  tags?: string[];
  tenant?: string;
  correlationId?: string;
}

const NO_OVERRIDES: JobOverrides = Object.freeze({ delayMs: 0 });

/**
 * Checks the options of one job and brings them to one form.
 * @throws JobError whose `field` is the option at fault
 */
export function resolveJobOptions(options: JobOptions | undefined, nowMs: number): JobOverrides {
  if (options === undefined) return NO_OVERRIDES;
  return {
    ...resolveRunOptions(options, 'options'),
    delayMs: resolveDelay(options.delay, nowMs),
    expiresAtMs: resolveExpiry(options.expiresAt),
    tags: resolveTags(options.tags),
    tenant: shortText(options.tenant, 'options.tenant', 'tenant_invalid'),
    correlationId: resolveCorrelation(options.correlationId),
  };
}

/**
 * Checks what a definition or a job says about its runs. What it leaves out stays out.
 * @throws JobError whose `field` is the option at fault
 */
export function resolveRunOptions(options: RunOptions, at: string): Partial<RunPolicy> {
  const resolved: Partial<RunPolicy> = {};
  const priority = resolvePriority(options.priority, `${at}.priority`);
  if (priority) resolved.priority = priority;
  const maxAttempts = resolveAttempts(options, at);
  if (maxAttempts !== undefined) resolved.maxAttempts = maxAttempts;
  if (options.backoff !== undefined) resolved.backoff = resolveBackoff(options.backoff, `${at}.backoff`);
  if (options.timeout !== undefined) resolved.timeoutMs = resolveTimeout(options.timeout, `${at}.timeout`);
  return resolved;
}

function resolvePriority(priority: PriorityOption | undefined, field: string): Priority | undefined {
  if (priority === undefined || priority === 0) return undefined;
  if (isPriority(priority)) return priority;
  if (typeof priority === 'number' && Number.isInteger(priority) && priority >= 1 && priority <= 20) {
    return PRIORITIES[Math.floor((priority - 1) / 5)];
  }
  throw new JobError('priority_invalid', `${field} is ${JSON.stringify(priority)}`, {
    field,
    hint: `Use ${PRIORITIES.join(', ')}, or a whole number from 1 (highest) to 20 (lowest).`,
  });
}

function resolveAttempts(options: RunOptions, at: string): number | undefined {
  if (options.attempts !== undefined && options.retries !== undefined && options.attempts !== options.retries + 1) {
    throw new JobError(
      'attempts_invalid',
      `${at}.attempts is ${options.attempts} but ${at}.retries is ${options.retries}`,
      {
        field: `${at}.retries`,
        hint: 'Give one of the two: attempts counts all tries, retries those after the first.',
      },
    );
  }
  const field = options.attempts === undefined ? `${at}.retries` : `${at}.attempts`;
  const attempts = options.attempts ?? (options.retries === undefined ? undefined : options.retries + 1);
  if (attempts === undefined) return undefined;
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > 1_000) {
    throw new JobError('attempts_invalid', `${field} makes ${attempts} attempts; it must make 1 to 1000`, {
      field,
      hint: 'Infinite attempts are refused: a job that never ends is never seen. Use a large number and a long backoff.',
    });
  }
  return attempts;
}

function resolveTimeout(timeout: Duration, field: string): number {
  const parsed = durationMs(timeout);
  if (parsed !== undefined && parsed >= 1) return parsed;
  throw new JobError('timeout_invalid', `${field} is ${JSON.stringify(timeout)}`, {
    field,
    hint: 'Use milliseconds of 1 or more, or a text such as "5m".',
  });
}

function resolveDelay(delay: Duration | Date | undefined, nowMs: number): number {
  if (delay === undefined) return 0;
  const parsed = delay instanceof Date ? dateDelay(delay, nowMs) : durationMs(delay);
  if (parsed !== undefined && parsed >= 0) return parsed;
  throw new JobError(
    'delay_invalid',
    `options.delay is ${delay instanceof Date ? 'an invalid date' : JSON.stringify(delay)}`,
    {
      field: 'options.delay',
      hint: 'Use milliseconds of 0 or more, a text such as "90s", or a Date.',
    },
  );
}

function dateDelay(date: Date, nowMs: number): number | undefined {
  const time = date.getTime();
  return Number.isNaN(time) ? undefined : Math.max(0, time - nowMs);
}

function resolveExpiry(expiresAt: Date | string | undefined): number | undefined {
  if (expiresAt === undefined) return undefined;
  const time = expiresAt instanceof Date ? expiresAt.getTime() : parseIsoTime(expiresAt);
  if (Number.isFinite(time)) return time;
  throw new JobError('expiry_invalid', 'options.expiresAt is not a moment', {
    field: 'options.expiresAt',
    hint: 'Use a Date or an ISO 8601 text with a zone, e.g. "2030-01-31T12:00:00Z".',
  });
}

/** Years beyond 9999 have a sign and six digits, as `Date` writes them. */
const ISO_TIME = /^(?:\d{4}|[+-]\d{6})-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds since 1970 of an ISO 8601 text with a zone; NaN for anything else. */
export function parseIsoTime(text: unknown): number {
  return typeof text === 'string' && ISO_TIME.test(text) ? Date.parse(text) : Number.NaN;
}

function resolveTags(tags: string[] | undefined): string[] | undefined {
  if (tags === undefined) return undefined;
  const legal = Array.isArray(tags) && tags.length <= 20 && tags.every(isTag);
  if (legal) return tags.length === 0 ? undefined : [...new Set(tags)];
  throw new JobError('tags_invalid', 'options.tags must be at most 20 texts of 1 to 64 characters, without commas', {
    field: 'options.tags',
    hint: 'For example ["invoice", "eu"]; no tag starts or ends with a space.',
  });
}

/** Tags travel in one header, joined by commas, and are trimmed when they are read. */
function isTag(tag: unknown): boolean {
  return typeof tag === 'string' && tag !== '' && tag.length <= 64 && !tag.includes(',') && tag.trim() === tag;
}

function shortText(text: string | undefined, field: string, code: ErrorCode): string | undefined {
  if (text === undefined) return undefined;
  if (typeof text === 'string' && text.length >= 1 && text.length <= 128) return text;
  throw new JobError(code, `${field} must be a text of 1 to 128 characters`, {
    field,
    hint: 'Shorten it, or leave it out.',
  });
}

function resolveCorrelation(correlationId: string | undefined): string | undefined {
  const [field, code] = ['options.correlationId', 'correlation_id_invalid'] as const;
  const text = shortText(correlationId, field, code);
  if (text === undefined || Buffer.byteLength(text) <= MOST_PROPERTY_BYTES) return text;
  throw new JobError(code, `${field} has ${Buffer.byteLength(text)} bytes; ${MOST_PROPERTY_BYTES} are the most`, {
    field,
    hint: 'Shorten it, or use letters that take one byte each.',
  });
}
