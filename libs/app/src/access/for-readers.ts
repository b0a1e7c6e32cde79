import { type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';

export const FOR_READERS = 'scutwork:for-readers';

/** Marks a controller or method that needs the role viewer, or `METRICS_TOKEN`. */
export const ForReaders = () => SetMetadata(FOR_READERS, true);

/** Whether what is about to be called is for readers. */
export function isForReaders(reflector: Reflector, context: ExecutionContext): boolean {
  return (
    reflector.getAllAndOverride<boolean | undefined>(FOR_READERS, [context.getHandler(), context.getClass()]) === true
  );
}
