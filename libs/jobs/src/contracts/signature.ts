import { createHmac, timingSafeEqual } from 'node:crypto';
import { ConfigurationError } from './errors';
import { HEADER } from './headers';
import { identify } from './job-id';
import type { IncomingMessage } from './message';

/** Keys by publisher. Several of one publisher are all taken, so that one can follow another. */
export type PublisherKeys = Readonly<Record<string, readonly string[]>>;

/** What a publisher vouches for: everything that says which job it is and how it is run. */
export type SignedParts = Pick<IncomingMessage, 'exchange' | 'routingKey' | 'messageId' | 'type' | 'headers' | 'body'>;

const LEAST_KEY_BYTES = 32;
const VERSION = 'v1=';
/** Of the signature itself. */
const UNSIGNED: readonly string[] = [HEADER.signature, 'traceparent'];

/**
 * The signature of a message, as `x-job-signature` has it: the HMAC-SHA-256 of lines, each ended by a line feed (exchange,
 * routing key, message id, type, each `x-job-…` header as `name:value` by the order of names), and of the body.
 *
 * @example headers['x-job-signature'] = signatureOf({ exchange, routingKey, messageId, type, headers, body }, key);
 */
export function signatureOf(
  { exchange, routingKey, messageId, type, headers, body }: SignedParts,
  key: string,
): string {
  const claims = Object.keys(headers)
    .filter((name) => name.startsWith('x-job-') && !UNSIGNED.includes(name))
    .sort()
    .map((name) => `${name}:${String(headers[name])}`);
  const lines = [exchange, routingKey, messageId ?? '', type ?? '', ...claims];
  const hmac = createHmac('sha256', key).update(lines.map((line) => `${line}\n`).join(''), 'utf8');
  return VERSION + hmac.update(body).digest('hex');
}

/** Why nobody of these publishers can have sent it, or undefined when one has. */
export function signatureFault(message: SignedParts, keys: PublisherKeys): string | undefined {
  const { [HEADER.publisher]: publisher, [HEADER.signature]: signature } = message.headers;
  if (typeof publisher !== 'string' || typeof signature !== 'string') return 'it is not signed';
  if (!message.messageId) return 'it has no message id, and what is signed must have one';
  const known = Object.hasOwn(keys, publisher) ? (keys[publisher] ?? []) : [];
  if (known.length === 0) return `there is no key of the publisher ${JSON.stringify(publisher.slice(0, 100))}`;
  if (known.some((key) => isSame(signature, signatureOf(message, key)))) return undefined;
  return `its signature is none of the publisher ${JSON.stringify(publisher.slice(0, 100))}`;
}

/**
 * The message without what it claims: whoever forges one must not speak of another's job, nor of its attempts. Its id is
 * made of itself, the same wherever and whenever it is read.
 */
export function disclaimed(message: IncomingMessage): IncomingMessage {
  const { routingKey, messageId = '', body } = message;
  const hmac = createHmac('sha256', 'scutwork unsigned').update(`${routingKey}\n${messageId}\n`).update(body);
  const messageIdOfItself = identify(`unsigned-${hmac.digest('hex')}`).id;
  return { ...message, messageId: messageIdOfItself, type: undefined, correlationId: undefined, headers: {} };
}

/** @throws ConfigurationError naming the publisher, never the key */
export function checkPublisherKeys(keys: PublisherKeys): PublisherKeys {
  for (const [publisher, list] of Object.entries(keys)) {
    if (list.length > 0 && list.every((key) => Buffer.byteLength(key) >= LEAST_KEY_BYTES)) continue;
    throw new ConfigurationError('configuration_invalid', `The key of the publisher ${publisher} is too short`, {
      field: 'publisherKeys',
      hint: `Use at least ${LEAST_KEY_BYTES} bytes, made at random.`,
    });
  }
  return keys;
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
