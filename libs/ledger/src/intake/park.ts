import type { Publisher } from '@scutwork/jobs';
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
    await new Promise<void>((resolve, reject) => {
      publisher.publish(
        {
          exchange: '',
          routingKey: queue,
          ...{ body, messageId, type, mandatory: true, contentType: 'application/octet-stream' },
          headers: { 'x-parked-from': from, 'x-parked-reason': reason.slice(0, 1_000) },
        },
        (failure) => (failure ? reject(new Error(`it cannot be parked: ${failure.reason}`)) : resolve()),
      );
    });
    events.parked(from, reason);
  };
}
