import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const API_KEY = /^sck_([0-9a-f]{16})_([\w-]{43})$/;

/** `sck_<id>_<secret>`: shown once, when it is made. */
export interface ApiKeySecret {
  id: string;
  secret: string;
}

export function makeApiKey(): ApiKeySecret & { text: string; hash: string } {
  const [id, secret] = [randomBytes(8).toString('hex'), randomBytes(32).toString('base64url')];
  return { id, secret, text: `sck_${id}_${secret}`, hash: hashOf(secret) };
}

/** Undefined for a text that is no API key. */
export function parseApiKey(text: string): ApiKeySecret | undefined {
  const [, id, secret] = API_KEY.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** In a time that says nothing about either. The secret is 256 random bits: a slow hash would add nothing. */
export function isSecretOf(secret: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(secret)), Buffer.from(hash.padEnd(HASH_CHARS).slice(0, HASH_CHARS)));
}

const HASH_CHARS = 64;

function hashOf(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex');
}
