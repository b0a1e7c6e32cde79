import type { ResolvedBackoff } from './backoff';
import { HEADER } from './headers';
import { type JobIdentity, identify } from './job-id';
import type { Priority } from './job-type';
import { type HeaderValue, type IncomingMessage, MOST_PROPERTY_BYTES } from './message';
import { parseIsoTime } from './options';

/** What the headers of a message say of its job. Everything that is missing has its default filled in elsewhere. */
export interface JobHeaders {
  /** The custom id, where the message id has no room for it. */
  key?: string;
  /** Milliseconds still to wait. */
  delayMs: number;
  attempt: number;
  /** Of the payload. 1 where it is missing. */
  version?: number;
  maxAttempts?: number;
  backoff?: ResolvedBackoff;
  timeoutMs?: number;
  expiresAtMs?: number;
  generation: number;
  tags?: string[];
  tenant?: string;
  group?: string;
  schedule?: string;
  /** The moment of the schedule, in milliseconds since 1970. */
  scheduledForMs?: number;
  flow?: string;
  recorded: boolean;
  /** Milliseconds spent being deferred in this attempt. */
  deferredMs: number;
  /** Milliseconds spent waiting for its paused type in this attempt. */
  pausedMs: number;
  traceparent?: string;
}

/** A job as it came over the wire. */
export interface ReceivedJob extends JobHeaders {
  /** Undefined when the publisher gave no message id: the job is adopted before it runs. */
  identity: JobIdentity | undefined;
  type: string;
  priority: Priority;
  correlationId?: string;
}

/** Headers for a job; what is at its default is left out. */
export function encodeHeaders(job: Partial<JobHeaders>): Record<string, HeaderValue> {
  const headers: Record<string, HeaderValue> = {};
  if (job.key !== undefined) headers[HEADER.key] = job.key;
  if (job.delayMs) headers[HEADER.delay] = job.delayMs;
  if (job.attempt !== undefined && job.attempt > 1) headers[HEADER.attempt] = job.attempt;
  if (job.version !== undefined && job.version > 1) headers[HEADER.version] = job.version;
  if (job.maxAttempts !== undefined) headers[HEADER.maxAttempts] = job.maxAttempts;
  if (job.backoff) headers[HEADER.backoff] = JSON.stringify(job.backoff);
  if (job.timeoutMs !== undefined) headers[HEADER.timeout] = job.timeoutMs;
  if (job.expiresAtMs !== undefined) headers[HEADER.expiresAt] = new Date(job.expiresAtMs).toISOString();
  if (job.generation) headers[HEADER.generation] = job.generation;
  if (job.tags) headers[HEADER.tags] = job.tags.join(',');
  if (job.tenant !== undefined) headers[HEADER.tenant] = job.tenant;
  if (job.group !== undefined) headers[HEADER.group] = job.group;
  if (job.schedule !== undefined) headers[HEADER.schedule] = job.schedule;
  if (job.scheduledForMs !== undefined) headers[HEADER.scheduledFor] = new Date(job.scheduledForMs).toISOString();
  if (job.flow !== undefined) headers[HEADER.flow] = job.flow;
  if (job.recorded) headers[HEADER.recorded] = true;
  if (job.deferredMs) headers[HEADER.deferred] = job.deferredMs;
  if (job.pausedMs) headers[HEADER.paused] = job.pausedMs;
  if (job.traceparent !== undefined) headers[HEADER.traceparent] = job.traceparent;
  return headers;
}

/** Which header could not be read, and why. */
export interface HeaderFault {
  field: string;
  message: string;
}

/** Reads the headers as any client in any language may have written them: numbers also as texts. */
export function decodeHeaders(message: IncomingMessage): JobHeaders | HeaderFault {
  const read = new HeaderReader(message.headers);
  const headers: JobHeaders = {
    key: read.text(HEADER.key),
    delayMs: read.whole(HEADER.delay, 0) ?? 0,
    attempt: read.whole(HEADER.attempt, 1) ?? 1,
    version: read.whole(HEADER.version, 1),
    maxAttempts: read.whole(HEADER.maxAttempts, 1),
    backoff: read.backoff(),
    timeoutMs: read.whole(HEADER.timeout, 1),
    expiresAtMs: read.time(HEADER.expiresAt),
    generation: read.whole(HEADER.generation, 0) ?? 0,
    tags: read.list(HEADER.tags),
    tenant: read.text(HEADER.tenant),
    group: read.text(HEADER.group),
    schedule: read.text(HEADER.schedule),
    scheduledForMs: read.time(HEADER.scheduledFor),
    flow: read.text(HEADER.flow),
    recorded: read.flag(HEADER.recorded),
    deferredMs: read.whole(HEADER.deferred, 0) ?? 0,
    pausedMs: read.whole(HEADER.paused, 0) ?? 0,
    traceparent: read.text(HEADER.traceparent),
  };
  return read.fault ?? headers;
}

/** What the message id property holds: the id as it was chosen, or the UUID made from it where that is too long. */
export function messageIdOf({ id, key }: JobIdentity): { messageId: string; key?: string } {
  if (key === undefined) return { messageId: id };
  return Buffer.byteLength(key) <= MOST_PROPERTY_BYTES ? { messageId: key } : { messageId: id, key };
}

/**
 * Headers and the rest in one object. Written out member by member: this runs once per job, and spreading an object of
 * this size costs more than everything else that is done to read a message.
 */
export function receivedJob(
  headers: JobHeaders,
  rest: Pick<ReceivedJob, 'identity' | 'type' | 'priority' | 'correlationId'>,
): ReceivedJob {
  return {
    identity: rest.identity,
    type: rest.type,
    priority: rest.priority,
    correlationId: rest.correlationId,
    key: headers.key,
    delayMs: headers.delayMs,
    attempt: headers.attempt,
    version: headers.version,
    maxAttempts: headers.maxAttempts,
    backoff: headers.backoff,
    timeoutMs: headers.timeoutMs,
    expiresAtMs: headers.expiresAtMs,
    generation: headers.generation,
    tags: headers.tags,
    tenant: headers.tenant,
    group: headers.group,
    schedule: headers.schedule,
    scheduledForMs: headers.scheduledForMs,
    flow: headers.flow,
    recorded: headers.recorded,
    deferredMs: headers.deferredMs,
    pausedMs: headers.pausedMs,
    traceparent: headers.traceparent,
  };
}

/** The job's identity by its message id; undefined for a message without one. */
export function identityOf(message: IncomingMessage): JobIdentity | undefined {
  if (!message.messageId) return undefined;
  const identity = identify(message.messageId);
  const key = message.headers[HEADER.key];
  return identity.key === undefined && typeof key === 'string' ? { ...identity, key } : identity;
}

class HeaderReader {
  fault: HeaderFault | undefined;

  constructor(private readonly headers: Readonly<Record<string, unknown>>) {}

  text(name: string): string | undefined {
    const value = this.headers[name];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (Array.isArray(value)) return value.map(String).join(',');
    return this.refuse(name, 'it must be a text');
  }

  list(name: string): string[] | undefined {
    const texts = this.text(name)
      ?.split(',')
      .map((text) => text.trim())
      .filter((text) => text !== '');
    return texts?.length ? texts : undefined;
  }

  flag(name: string): boolean {
    const value = this.headers[name];
    return value !== undefined && value !== null && value !== false;
  }

  whole(name: string, least: number): number | undefined {
    const value = this.headers[name];
    if (value === undefined || value === null) return undefined;
    const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof parsed === 'number' && Number.isSafeInteger(parsed) && parsed >= least) return parsed;
    return this.refuse(name, `it must be a whole number of ${least} or more`);
  }

  time(name: string): number | undefined {
    const value = this.headers[name];
    if (value === undefined || value === null) return undefined;
    const parsed = parseIsoTime(value);
    return Number.isNaN(parsed) ? this.refuse(name, 'it must be an ISO 8601 time with a zone') : parsed;
  }

  backoff(): ResolvedBackoff | undefined {
    const value = this.headers[HEADER.backoff];
    if (value === undefined || value === null) return undefined;
    try {
      if (typeof value !== 'string') throw new TypeError('not a text');
      return checkBackoff(JSON.parse(value));
    } catch {
      return this.refuse(HEADER.backoff, 'it must be JSON such as {"type":"fixed","delayMs":1000,"jitter":0}');
    }
  }

  private refuse(field: string, message: string): undefined {
    this.fault ??= { field, message: `${field} is not legal: ${message}` };
    return undefined;
  }
}

/** @throws TypeError when a member is missing or of another kind */
function checkBackoff(value: unknown): ResolvedBackoff {
  if (typeof value !== 'object' || value === null) throw new TypeError('not an object');
  const given = value as Record<string, unknown>;
  const jitter = number(given.jitter ?? 0, 0, 1);
  switch (given.type) {
    case 'fixed':
      return { type: 'fixed', delayMs: number(given.delayMs, 0), jitter };
    case 'exponential':
      return {
        type: 'exponential',
        delayMs: number(given.delayMs, 0),
        multiplier: number(given.multiplier ?? 2, 1, Number.MAX_VALUE),
        maxDelayMs: number(given.maxDelayMs ?? 60_000, 0),
        jitter,
      };
    case 'custom':
      if (typeof given.name !== 'string') throw new TypeError('no name');
      return {
        type: 'custom',
        name: given.name,
        maxDelayMs: number(given.maxDelayMs ?? Number.MAX_SAFE_INTEGER, 0),
        jitter,
      };
    default:
      throw new TypeError('unknown type');
  }
}

function number(value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !(value >= least && value <= most)) throw new TypeError('not a number in its range');
  return value;
}
