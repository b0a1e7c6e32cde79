import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { isForReaders, isOpenToAll } from '@scutwork/app';
import type { Role } from '@scutwork/ledger';
import { RequestProblem } from '../problems/problem';
import { type RouteDeclaration, routeOf } from '../routes/route';
import { Access, type OtherCaller } from './access';
import { type AuthenticatedRequest, type Principal, reaches } from './principal';
import { Refused } from './refused';
import { Throttle } from './throttle';

/** Lets through who is known, may do it, and has not asked too often; everybody where `@OpenToAll()` stands. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly access: Access,
    private readonly throttle: Throttle,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (isOpenToAll(this.reflector, context)) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const { role: least, alsoBy } = this.wanted(context);
    const principal = await this.identify(request, alsoBy);
    this.count(principal.name);
    if (!reaches(principal.role, least)) throw insufficient(principal, least);
    request.principal = principal;
    return true;
  }

  /** What says nothing of itself is for admins. */
  private wanted(context: ExecutionContext): Pick<RouteDeclaration, 'role' | 'alsoBy'> {
    if (isForReaders(this.reflector, context)) return { role: 'viewer', alsoBy: 'metrics' };
    return routeOf(context.getHandler()) ?? { role: 'admin' };
  }

  /** Those who are not known are counted by their address: tokens cannot be guessed in the thousands. */
  private async identify(request: AuthenticatedRequest, alsoBy: OtherCaller | undefined): Promise<Principal> {
    try {
      return await this.access.identify(request, alsoBy);
    } catch (error) {
      if (error instanceof Refused) this.count(`ip:${request.ip}`);
      throw error;
    }
  }

  private count(client: string): void {
    const waitMs = this.throttle.take(client);
    if (waitMs === 0) return;
    const retryAfter = Math.ceil(waitMs / 1_000);
    throw new RequestProblem(429, 'too_many_requests', 'You have sent more requests than one client may', {
      hint: `Wait ${retryAfter} s, and send many jobs by POST /api/v1/jobs/batch. The limit is API_RATE_LIMIT.`,
      retryAfter,
    });
  }
}

function insufficient({ role }: Principal, least: Role): RequestProblem {
  return new RequestProblem(403, 'role_insufficient', `This needs the role ${least}; you have ${role}`, {
    hint: 'Use the token or the API key of somebody who has it.',
    needs: least,
  });
}
