import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { JobError } from './errors';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Ids that stand for themselves: those we make, and those made from a key, so that either may be given again. */
const OUR_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MAX_KEY_LENGTH = 128;

/** A job's identity: `id` is a UUID everywhere; `key` is the text it was made from, when somebody chose one. */
export interface JobIdentity {
  id: string;
  key?: string;
}

/** A fresh UUIDv7 (RFC 9562): its first 48 bits are the time in milliseconds, so ids sort by creation. */
export function newJobId(): string {
  return uuidv7();
}

/**
 * The identity behind a message id. A UUIDv7 or UUIDv8 stands for itself; any other text is kept as `key` and maps to the
 * UUIDv8 (RFC 9562 section 5.8) of its SHA-256, which is the same in every process and language.
 */
export function identify(messageId: string): JobIdentity {
  if (OUR_ID.test(messageId)) return { id: messageId };
  const bytes = createHash('sha256').update(messageId, 'utf8').digest().subarray(0, 16);
  bytes[6] = (bytes.readUInt8(6) & 0x0f) | 0x80;
  bytes[8] = (bytes.readUInt8(8) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return { id, key: messageId };
}

/**
 * The identity for a custom job id.
 * @throws JobError `id_invalid`: it must be a text of 1 to 128 characters without control characters
 */
export function checkJobId(id: string): JobIdentity {
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is refused here
  if (typeof id !== 'string' || id.length < 1 || id.length > MAX_KEY_LENGTH || /[\u0000-\u001f\u007f]/.test(id)) {
    throw new JobError(
      'id_invalid',
      `options.id must be a text of 1 to ${MAX_KEY_LENGTH} characters without control characters`,
      {
        field: 'options.id',
        hint: 'Use a business key such as "invoice-4711", or leave it out for a generated id.',
      },
    );
  }
  return identify(id);
}

/** Milliseconds since 1970 at which a UUIDv7 was made, or undefined for other ids. */
export function idTimeMs(id: string): number | undefined {
  return UUID_V7.test(id) ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : undefined;
}
