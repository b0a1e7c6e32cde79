import { type Secret, bearerIn } from '@scutwork/app';
import type { Role } from '@scutwork/ledger';
import type { Jwts } from './jwt';
import type { KeyRing } from './key-ring';
import type { AuthenticatedRequest, Principal } from './principal';
import { Refused } from './refused';

/** Who comes to some routes only, by a secret of its own. */
export type OtherCaller = 'cron' | 'metrics';

const ROLE_OF = { cron: 'operator', metrics: 'viewer' } as const satisfies Record<OtherCaller, Role>;

/** Knows who calls: by the admin's token, an API key, or a JSON Web Token. */
export class Access {
  constructor(
    private readonly admin: Secret,
    private readonly keys: KeyRing,
    private readonly jwts: Jwts | undefined,
    private readonly others: Partial<Record<OtherCaller, Secret>>,
  ) {}

  /** @throws Refused; RequestProblem for a token without a role, or when nobody can be asked just now */
  async identify({ headers }: Pick<AuthenticatedRequest, 'headers'>, alsoBy?: OtherCaller): Promise<Principal> {
    const token = tokenIn(headers);
    if (alsoBy && this.others[alsoBy]?.is(token) === true) return { name: alsoBy, role: ROLE_OF[alsoBy] };
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
  const token = bearerIn(authorization);
  if (token === undefined) throw new Refused('token_missing_or_wrong', 'This token is not the right one');
  return token;
}
