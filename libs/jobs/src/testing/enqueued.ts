import type { Broker, Publisher } from '../broker/broker';
import { decodeHeaders, identityOf } from '../contracts/envelope';
import { PRIORITIES, type Priority, isPriority, queueOf } from '../contracts/job-type';
import type { IncomingMessage, OutgoingMessage } from '../contracts/message';
import { LADDER_UNIT_MS, waitUnits } from '../topology/ladder';
import type { Names } from '../topology/names';

/** A job that was added, as the broker got it. */
export interface EnqueuedJob<Payload = unknown> {
  /** UUID; undefined for a message published without an id. */
  id: string | undefined;
  /** The custom id that `id` was made from. */
  key: string | undefined;
  type: string;
  queue: string;
  priority: Priority;
  /** As JSON made it: dates are texts, undefined members are gone. */
  payload: Payload;
  /** Milliseconds from the adding to its first start; 0 when it waits for nothing. */
  delayMs: number;
  /** When it was added, milliseconds since 1970 by the kit's clock. */
  addedAt: number;
  /** Only when the job sets it itself; else its definition says it. */
  maxAttempts: number | undefined;
  timeoutMs: number | undefined;
  /** Milliseconds since 1970. */
  expiresAt: number | undefined;
  tags: string[];
  tenant: string | undefined;
  correlationId: string | undefined;
}

/** The same broker; `note` is told of every message that it confirmed. */
export function notingBroker(broker: Broker, note: (message: OutgoingMessage) => void): Broker {
  return {
    get state() {
      return broker.state;
    },
    onState: (listener) => broker.onState(listener),
    start: () => broker.start(),
    stop: (options) => broker.stop(options),
    apply: (plan) => broker.apply(plan),
    publisher: (options) => notingPublisher(broker.publisher(options), note),
    subscribe: (options) => broker.subscribe(options),
    pull: (queue) => broker.pull(queue),
    depth: (queue) => broker.depth(queue),
    openReplies: (options) => broker.openReplies(options),
    readStream: (options) => broker.readStream(options),
  };
}

function notingPublisher(publisher: Publisher, note: (message: OutgoingMessage) => void): Publisher {
  return {
    get pending() {
      return publisher.pending;
    },
    publish: (message, done) =>
      publisher.publish(message, (failure) => {
        if (!failure) note(message);
        done(failure);
      }),
    whenRoom: () => publisher.whenRoom(),
    close: (deadlineMs) => publisher.close(deadlineMs),
  };
}

/** The job in a message, or undefined when it is none, or one that goes round: a retry, a deferred one, a dead letter. */
export function enqueuedFrom(message: OutgoingMessage, names: Names, addedAt: number): EnqueuedJob | undefined {
  const way = wayOf(message, names);
  const received = { ...message, queue: '', headers: message.headers ?? {}, redelivered: false, deliveryCount: 0 };
  const headers = decodeHeaders(received satisfies IncomingMessage);
  if (!way || 'field' in headers || headers.attempt > 1 || headers.deferredMs > 0) return undefined;
  const type = message.type ?? message.routingKey;
  const identity = identityOf(received);
  return {
    ...{ id: identity?.id, key: identity?.key, type, queue: queueOf(type), priority: way.priority },
    ...{ payload: parsed(message.body), delayMs: way.delayMs + headers.delayMs, addedAt },
    ...{ maxAttempts: headers.maxAttempts, timeoutMs: headers.timeoutMs, expiresAt: headers.expiresAtMs },
    ...{ tags: headers.tags ?? [], tenant: headers.tenant, correlationId: message.correlationId },
  };
}

function wayOf(
  { exchange, routingKey, headers = {} }: OutgoingMessage,
  names: Names,
): { priority: Priority; delayMs: number } | undefined {
  const level = PRIORITIES.find((priority) =>
    [names.direct(priority), names.priority(priority), names.door(priority)].includes(exchange),
  );
  if (level) return { priority: level, delayMs: 0 };
  if (!exchange.startsWith(names.delay(0).slice(0, -2))) return undefined;
  const priority = routingKey.split('.')[1];
  return isPriority(priority) ? { priority, delayMs: waitUnits(headers) * LADDER_UNIT_MS } : undefined;
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return body.toString();
  }
}
