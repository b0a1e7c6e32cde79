import { createHash, timingSafeEqual } from 'node:crypto';

/** What may be asked of a secret text, without the text. */
export class Secret {
  private readonly hash: Buffer;

  constructor(text: string) {
    this.hash = hashOf(text);
  }

  /** Compares hashes, which all have one length, in a time that says nothing about the secret. */
  is(candidate: string): boolean {
    return timingSafeEqual(hashOf(candidate), this.hash);
  }
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
