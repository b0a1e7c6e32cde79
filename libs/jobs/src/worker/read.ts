import type { Delivery } from '../broker/delivery';
import {
  type HeaderFault,
  type JobHeaders,
  type ReceivedJob,
  decodeHeaders,
  identityOf,
  receivedJob,
} from '../contracts/envelope';
import { HEADER } from '../contracts/headers';
import { type Priority, isPriority, jobTypeFault, queueOf } from '../contracts/job-type';
import type { IncomingMessage } from '../contracts/message';
import { vouched } from '../topology/at-the-door';
import type { Handlers } from './handlers';
import { packetPattern } from './packet';
import type { Place, Run } from './run';
import { suspectKey } from './suspect-count';
import type { WorkerSettings } from './worker-options';

const UNREADABLE: JobHeaders = { delayMs: 0, attempt: 1, generation: 0, recorded: false, deferredMs: 0, pausedMs: 0 };

/** Reads a delivery: which job, which attempt, by which policy. Never throws: what cannot be read is a fault of the run. */
export function read(delivery: Delivery, place: Place, settings: WorkerSettings): Run {
  const { message, fault: unsigned } = vouched(delivery.message, settings.names, settings.publisherKeys);
  const decoded = decodeHeaders(message);
  const fault = unsigned === undefined ? ('field' in decoded ? decoded : undefined) : signatureFault(unsigned);
  const headers = 'field' in decoded ? UNREADABLE : decoded;
  const type = typeOf(message, place.queue, settings.handlers);
  const known = settings.handlers.find(type);
  const identity = identityOf(message);
  const job = receivedJob(headers, {
    identity,
    type,
    priority: levelOf(message, place),
    correlationId: message.correlationId,
  });
  const policy = {
    priority: job.priority,
    maxAttempts: headers.maxAttempts ?? known?.policy.maxAttempts ?? settings.defaults.maxAttempts,
    backoff: headers.backoff ?? known?.policy.backoff ?? settings.defaults.backoff,
    timeoutMs: headers.timeoutMs ?? known?.policy.timeoutMs ?? settings.defaults.timeoutMs,
  };
  return {
    key: keyOf(job, place, message),
    place,
    message,
    job,
    fault,
    known,
    policy,
    deliveries: [delivery],
    startedAt: undefined,
    attempt: undefined,
    ended: false,
    cancelled: false,
    handedBack: false,
  };
}

const signatureFault = (reason: string): HeaderFault => ({
  field: HEADER.signature,
  message: `It came through a door where publishers must sign, and ${reason}`,
});

/**
 * The type property; for foreign messages the routing key; for packets of Nest's own client their pattern. A type names
 * its queue, so what names another one means something else: others fill these properties by rules of their own.
 */
function typeOf(message: IncomingMessage, queue: string, handlers: Handlers): string {
  if (message.type !== undefined && handlers.find(message.type)?.queue === queue) return message.type;
  const isOfQueue = (type: string): boolean => !jobTypeFault(type) && queueOf(type) === queue;
  if (message.type !== undefined && isOfQueue(message.type)) return message.type;
  const byKey = message.routingKey;
  if (isOfQueue(byKey) && handlers.find(byKey)) return byKey;
  const pattern = packetPattern(message.body);
  return pattern !== undefined && isOfQueue(pattern) ? pattern : byKey;
}

/** Suspects carry the level they came from; every other message is on its level's queue. */
function levelOf(message: IncomingMessage, place: Place): Priority {
  const header = message.headers[HEADER.priority];
  return place.suspect && isPriority(header) ? header : place.priority;
}

/**
 * The same message, not only the same attempt: what replaces a deferred or suspected message may be back before its
 * own confirm, and taking it for a redelivery would acknowledge both.
 */
function keyOf(job: ReceivedJob, place: Place, message: IncomingMessage): string {
  const { generation, attempt, deferredMs, pausedMs, delayMs } = job;
  const key = `${job.identity?.id ?? ''}/${generation}/${attempt}`;
  if (deferredMs === 0 && pausedMs === 0 && delayMs === 0 && !place.suspect) return key;
  return `${key}/${deferredMs}/${pausedMs}/${delayMs}/${place.suspect ? suspectKey(message) : ''}`;
}

/** The type of a delivery, by its present name, as far as it shows without reading it; for caps of one type. */
export function typeHint(message: IncomingMessage, handlers: Handlers): string {
  const name = message.type ?? message.routingKey;
  return handlers.find(name)?.type ?? name;
}
