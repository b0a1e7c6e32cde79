import type { ApiKey, ApiKeys } from '@scutwork/ledger';
import { isSecretOf, parseApiKey } from './api-key-secret';
import { Refused } from './refused';
import type { Principal } from './principal';

/** How long what was found is believed: so long at most another producer goes on taking a key that was revoked here. */
const BELIEVED_MS = 2_000;
const MOST_REMEMBERED = 10_000;
const NO_HASH = '';

interface Remembered {
  at: number;
  found: { key: ApiKey; hash: string } | undefined;
}

/** Knows callers by their API keys. */
export class KeyRing {
  private readonly remembered = new Map<string, Remembered>();

  constructor(
    private readonly keys: ApiKeys,
    private readonly now: () => number = Date.now,
  ) {}

  /** Undefined when it is no API key at all. @throws Refused; errors of PostgreSQL */
  async principalOf(text: string): Promise<Principal | undefined> {
    const given = parseApiKey(text);
    if (given === undefined) return undefined;
    const found = await this.find(given.id);
    // Compared also where there is none to compare with.
    const right = isSecretOf(given.secret, found?.hash ?? NO_HASH);
    if (found === undefined || !right) throw new Refused('token_missing_or_wrong', 'This API key is not known');
    const { id, role, revokedAt, expiresAt } = found.key;
    if (revokedAt !== undefined) throw new Refused('token_revoked', 'This API key was revoked');
    if (expiresAt !== undefined && expiresAt.getTime() <= this.now()) {
      throw new Refused('token_expired', 'This API key has expired');
    }
    return { name: `key:${id}`, role };
  }

  /** It is looked up anew when it comes next. */
  forget(id: string): void {
    this.remembered.delete(id);
  }

  private async find(id: string): Promise<Remembered['found']> {
    const known = this.remembered.get(id);
    if (known !== undefined && this.now() - known.at < BELIEVED_MS) return known.found;
    const found = await this.keys.use(id);
    if (this.remembered.size >= MOST_REMEMBERED) this.remembered.clear();
    this.remembered.set(id, { at: this.now(), found });
    return found;
  }
}
