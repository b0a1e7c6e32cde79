import { CanActivate, ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { isOpenToAll } from '@scutwork/app';
import { AdminToken } from './admin-token';

interface Request {
  headers: { authorization?: string };
}

/** Asks for `Authorization: Bearer <token>` everywhere but where `@OpenToAll()` stands. */
@Injectable()
export class AdminTokenGuard implements CanActivate {
  constructor(
    private readonly token: AdminToken,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (isOpenToAll(this.reflector, context)) return true;
    const { authorization } = context.switchToHttp().getRequest<Request>().headers;
    if (authorization === undefined) throw new UnauthorizedException('This needs a token');
    const [, candidate] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    if (candidate === undefined || !this.token.is(candidate))
      throw new UnauthorizedException('This token is not the right one');
    return true;
  }
}
