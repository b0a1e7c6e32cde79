import type { HeaderValue, OutgoingMessage } from '../../contracts/message';

/** What AMQP and its usual client cannot carry, so that a test meets it before production does. */
const MOST_TABLE_BYTES = 65_536;
const MOST_SHORT_TEXT_BYTES = 255;

/** Why this message could not be put on the wire, or undefined when it could. */
export function wireFault(message: OutgoingMessage): string | undefined {
  const { exchange, routingKey, messageId, type, correlationId, contentType, appId } = message;
  const texts = { exchange, routingKey, messageId, type, correlationId, contentType, appId };
  for (const [field, text] of Object.entries(texts)) {
    const bytes = Buffer.byteLength(text ?? '');
    if (bytes > MOST_SHORT_TEXT_BYTES) return `${field} has ${bytes} bytes; ${MOST_SHORT_TEXT_BYTES} are the most`;
  }
  const bytes = tableBytes(message.headers ?? {});
  return bytes > MOST_TABLE_BYTES ? `the headers take ${bytes} bytes; ${MOST_TABLE_BYTES} are the most` : undefined;
}

function tableBytes(headers: Record<string, HeaderValue>): number {
  const entries = Object.entries<HeaderValue | undefined>(headers);
  return entries.reduce((sum, [name, value]) => sum + entryBytes(name, value), 4);
}

/** What is undefined is left out. */
function entryBytes(name: string, value: HeaderValue | undefined): number {
  return value === undefined ? 0 : 2 + Buffer.byteLength(name) + valueBytes(value);
}

function valueBytes(value: HeaderValue): number {
  if (typeof value === 'string') return 4 + Buffer.byteLength(value);
  return typeof value === 'boolean' ? 1 : 8;
}
