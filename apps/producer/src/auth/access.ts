import { AdminToken } from './admin-token';
import type { Jwts } from './jwt';
import type { KeyRing } from './key-ring';
import type { AuthenticatedRequest, Principal } from './principal';
import { Refused } from './refused';

/** Knows who calls: by the admin's token, an API key, or a JSON Web Token. */
export class Access {
  constructor(
    private readonly admin: AdminToken,
    private readonly keys: KeyRing,
    private readonly jwts: Jwts | undefined,
    private readonly cronSecret: AdminToken | undefined,
  ) {}

  /** @throws Refused; RequestProblem for a token without a role, or when nobody can be asked just now */
  async identify({ headers }: Pick<AuthenticatedRequest, 'headers'>, alsoBy?: 'cron'): Promise<Principal> {
    const token = tokenIn(headers);
    if (alsoBy === 'cron' && this.cronSecret?.is(token) === true) return { name: 'cron', role: 'operator' };
    if (this.admin.is(token)) return { name: 'admin', role: 'admin' };
    const principal = (await this.keys.principalOf(token)) ?? (await this.jwts?.principalOf(token));
    if (principal === undefined) throw new Refused('token_missing_or_wrong', 'This token is not the right one');
    return principal;
  }
}

function tokenIn(headers: AuthenticatedRequest['headers']): string {
  const { authorization, 'x-api-key': key } = headers;
  if (authorization === undefined && typeof key === 'string') return key;
  if (typeof authorization !== 'string') throw new Refused('token_missing_or_wrong', 'This needs a token');
  const [, token] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
  if (token === undefined) throw new Refused('token_missing_or_wrong', 'This token is not the right one');
  return token;
}
