import type { GetMessage, ConsumeMessage } from 'amqplib';
import type { IncomingMessage } from '../../contracts/message';

/**
 * An amqplib message in our words. The body stays a slice of what was read from the socket (up to 64 KiB): most bodies are
 * parsed at once, and copying each would cost more than the few that are kept.
 */
export function incomingMessage(
  queue: string,
  { fields, properties, content }: ConsumeMessage | GetMessage,
): IncomingMessage {
  const headers = properties.headers ?? {};
  return {
    queue,
    exchange: fields.exchange,
    routingKey: fields.routingKey,
    body: content,
    messageId: text(properties.messageId),
    type: text(properties.type),
    correlationId: text(properties.correlationId),
    appId: text(properties.appId),
    timestamp: typeof properties.timestamp === 'number' ? properties.timestamp : undefined,
    headers,
    redelivered: fields.redelivered,
    deliveryCount: deliveryCount(headers, fields.redelivered),
  };
}

/** Up to 4.2 the first header counts all returns; from 4.3 it counts crashes and rejects only, and the second counts all. */
function deliveryCount(headers: Readonly<Record<string, unknown>>, redelivered: boolean): number {
  const counted = headers['x-delivery-count'];
  const acquired = headers['x-acquired-count'];
  if (typeof counted !== 'number' && typeof acquired !== 'number') return redelivered ? 1 : 0;
  return Math.max(typeof counted === 'number' ? counted : 0, typeof acquired === 'number' ? acquired : 0);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
