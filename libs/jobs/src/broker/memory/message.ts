import type { HeaderValue, IncomingMessage, OutgoingMessage } from '../../contracts/message';

/** A message as a queue keeps it. */
export interface StoredMessage {
  exchange: string;
  routingKey: string;
  body: Buffer;
  messageId?: string;
  type?: string;
  correlationId?: string;
  appId?: string;
  timestamp?: number;
  headers: Readonly<Record<string, unknown>>;
  /** How often it was returned to the queue it is in. */
  deliveryCount: number;
  /** Milliseconds since 1970; each queue sets its own. */
  expiresAtMs?: number;
}

/** A copy: what the publisher does to its buffers afterwards does not reach into the queues. */
export function storedFrom(message: OutgoingMessage): StoredMessage {
  const { exchange, routingKey, messageId, type, correlationId, appId, timestamp } = message;
  const written = Object.entries<HeaderValue | undefined>(message.headers ?? {}).filter(
    ([, value]) => value !== undefined,
  );
  return {
    ...{ exchange, routingKey, messageId, type, correlationId, appId, timestamp },
    body: Buffer.from(message.body),
    headers: Object.fromEntries(written),
    deliveryCount: 0,
  };
}

export function incomingFrom(message: StoredMessage, queue: string): IncomingMessage {
  const { exchange, routingKey, body, messageId, type, correlationId, appId, timestamp, deliveryCount } = message;
  return {
    ...{ queue, exchange, routingKey, body, messageId, type, correlationId, appId, timestamp },
    headers: deliveryCount > 0 ? { ...message.headers, 'x-delivery-count': deliveryCount } : message.headers,
    redelivered: deliveryCount > 0,
    deliveryCount,
  };
}
