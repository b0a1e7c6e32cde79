import { PRIORITIES } from '../contracts/job-type';
import type { IncomingMessage } from '../contracts/message';
import { type PublisherKeys, disclaimed, signatureFault } from '../contracts/signature';
import type { Names } from './names';

/** A message as it may be believed. */
export interface Vouched {
  message: IncomingMessage;
  /** Why nobody vouches for it; it has lost its claims then. */
  fault?: string;
}

/**
 * Looks at who vouches for a message that came through a door. Without keys everybody is believed; what came by another
 * way was published by those who may write there, or has been looked at before.
 */
export function vouched(message: IncomingMessage, names: Names, keys: PublisherKeys | undefined): Vouched {
  if (keys === undefined || !PRIORITIES.some((priority) => message.exchange === names.door(priority)))
    return { message };
  const fault = signatureFault(message, keys);
  return fault === undefined ? { message } : { message: disclaimed(message), fault };
}
