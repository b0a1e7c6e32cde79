import { type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';

export const OPEN_TO_ALL = 'scutwork:open-to-all';

/** Marks a controller or method that answers without a token. */
export const OpenToAll = () => SetMetadata(OPEN_TO_ALL, true);

/** Whether what is about to be called answers without a token. */
export function isOpenToAll(reflector: Reflector, context: ExecutionContext): boolean {
  return (
    reflector.getAllAndOverride<boolean | undefined>(OPEN_TO_ALL, [context.getHandler(), context.getClass()]) === true
  );
}
