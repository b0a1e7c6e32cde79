import type { Publisher } from '@scutwork/jobs';
import { confirmed } from '@scutwork/jobs/wire';
import type { LedgerEvents } from '../ledger-events';

/** What could not be recorded: a message, or one line of it. */
interface Parked {
  body: Buffer;
  messageId?: string;
  type?: string;
  /** The queue it came from. */
  from: string;
  reason: string;
}

/** Resolves when it is safe. @throws Error when the broker does not take it */
export type Park = (what: Parked) => Promise<void>;

/** Puts aside into `queue` what cannot be recorded, each alone and with its reason. */
export function parkIn(queue: string, publisher: Publisher, events: LedgerEvents): Park {
  return async ({ body, messageId, type, from, reason }) => {
    const message = {
      ...{ exchange: '', routingKey: queue, mandatory: true },
      ...{ body, messageId, type, contentType: 'application/octet-stream' },
      headers: { 'x-parked-from': from, 'x-parked-reason': reason.slice(0, 1_000) },
    };
    await confirmed(publisher, message, 'it cannot be parked');
    events.parked(from, reason);
  };
}
