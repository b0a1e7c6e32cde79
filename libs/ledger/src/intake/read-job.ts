import { createHash } from 'node:crypto';
import {
  HEADER,
  type IncomingMessage,
  type JobIdentity,
  type Names,
  PRIORITIES,
  type Priority,
  identify,
  queueOf,
} from '@scutwork/jobs';
import {
  type JobEvent,
  type JobHeaders,
  type JsonText,
  decodeHeaders,
  idTimeMs,
  identityOf,
  isPriority,
  jobTypeFault,
} from '@scutwork/jobs/wire';
import { type Death, deathOf } from './deaths';

type Submitted = Extract<JobEvent, { event: 'submitted' }>;

/** A job as a message says it, whoever wrote it and wherever it was found. */
export interface FoundJob {
  identity: JobIdentity;
  /** It came without an id, and got one that is the same whenever this message is read. */
  nameless: boolean;
  type: string;
  priority: Priority;
  headers: JobHeaders;
  /** Why the broker gave it up, the last time that it did. */
  death: Death | undefined;
}

const UNREADABLE: JobHeaders = { delayMs: 0, attempt: 1, generation: 0, recorded: false, deferredMs: 0, pausedMs: 0 };

/** Never throws: what cannot be read has its default. */
export function readJob(message: IncomingMessage, names: Names): FoundJob {
  const decoded = decodeHeaders(message);
  const identity = identityOf(message);
  const death = deathOf(message.headers);
  return {
    identity: identity ?? namelessIdentity(message, death),
    nameless: identity === undefined,
    type: typeOf(message, death, names),
    priority: priorityOf(message, death, names),
    headers: 'field' in decoded ? UNREADABLE : decoded,
    death,
  };
}

/** The submission that a message is, for a job of which nothing may have been told yet. */
export function submittedBy(job: FoundJob, message: IncomingMessage, at: number): Submitted {
  const { identity, type, priority, headers } = job;
  return {
    event: 'submitted',
    ...{ id: identity.id, key: identity.key, type, priority, at, generation: headers.generation },
    payload: message.body.toString() as JsonText,
    correlationId: message.correlationId,
    ...{
      version: headers.version,
      maxAttempts: headers.maxAttempts,
      backoff: headers.backoff,
      timeoutMs: headers.timeoutMs,
    },
    ...{ expiresAt: headers.expiresAtMs, tags: headers.tags, tenant: headers.tenant, group: headers.group },
    ...{
      schedule: headers.schedule,
      scheduledFor: headers.scheduledForMs,
      flow: headers.flow,
      traceparent: headers.traceparent,
    },
    delayMs: headers.delayMs,
    origin: headers.recorded ? undefined : 'foreign',
  };
}

/** When it was published, as far as it says so and cannot be wrong. */
export function publishedAt({ identity }: FoundJob, message: IncomingMessage, now: number): number {
  const said = idTimeMs(identity.id) ?? (message.timestamp ?? Number.NaN) * 1_000;
  return said >= 0 && said <= now ? said : now;
}

/** The same for every delivery of the same message, and for no other that says when it was published. */
function namelessIdentity(
  { queue, routingKey, body, timestamp }: IncomingMessage,
  death: Death | undefined,
): JobIdentity {
  const where = JSON.stringify([queue, routingKey, timestamp, death?.atMs]);
  return { id: identify(createHash('sha256').update(where).update(body).digest('base64')).id };
}

/** A type that names another queue means something else: others fill these properties by rules of their own. */
function typeOf({ type, routingKey, queue: found }: IncomingMessage, death: Death | undefined, names: Names): string {
  const key = death?.routingKey ?? routingKey;
  const queue = queueIn(death?.queue ?? found, names) ?? queueOf(key);
  const fitting = [type, key].find((text) => text !== undefined && !jobTypeFault(text) && queueOf(text) === queue);
  return fitting ?? type ?? key;
}

function priorityOf(
  { headers, exchange, routingKey }: IncomingMessage,
  death: Death | undefined,
  names: Names,
): Priority {
  const from = death?.exchange ?? exchange;
  const byExchange = PRIORITIES.find((p) => [names.priority(p), names.direct(p), names.door(p)].includes(from));
  const byQueue = death?.queue.split('.').at(-1);
  // The ladder's key is `<queue>.<priority>`.
  const ofLadder = from === names.due || from.startsWith(`${names.prefix}.delay.`);
  const byLadder = ofLadder ? (death?.routingKey ?? routingKey).split('.').at(-1) : undefined;
  return [headers[HEADER.priority], byExchange, byQueue, byLadder].find((text) => isPriority(text)) ?? 'normal';
}

/** `jobs.email.normal`, `jobs.email.suspect`, `jobs.email.dead` → `email`. */
function queueIn(name: string, { prefix }: Names): string | undefined {
  if (!name.startsWith(`${prefix}.`)) return undefined;
  const [queue, last] = name.slice(prefix.length + 1).split('.');
  return last === 'suspect' || last === 'dead' || isPriority(last) ? queue : undefined;
}
