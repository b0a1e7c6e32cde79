import { type ExecutionContext, createParamDecorator } from '@nestjs/common';
import { type Actor, ROLES, type Role } from '@scutwork/ledger';

/** Who calls, as their credentials say. */
export interface Principal {
  /** `admin`, `key:<id>` or `jwt:<subject>`. */
  name: string;
  role: Role;
}

export interface AuthenticatedRequest {
  headers: Record<string, string | string[] | undefined>;
  ip: string;
  /** Set by the guard. */
  principal?: Principal;
}

/** Whether `role` may do what `least` may. */
export function reaches(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

export function roleFrom(value: unknown): Role | undefined {
  return ROLES.find((role) => role === value);
}

/** Who calls, for what is recorded of their actions. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const { principal, ip } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (principal === undefined) throw new Error('a route that wants to know its caller is open to all');
  return { ...principal, ip };
});
