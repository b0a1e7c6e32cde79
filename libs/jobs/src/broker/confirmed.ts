import type { OutgoingMessage } from '../contracts/message';
import type { Publisher } from './broker';

/**
 * Publishes one message and resolves when it is confirmed.
 *
 * @param otherwise begins the error's message
 * @throws Error with how it ended and why
 * @example await confirmed(publisher, message, 'the pulse was not confirmed');
 */
export function confirmed(publisher: Publisher, message: OutgoingMessage, otherwise: string): Promise<void> {
  return new Promise((resolve, reject) => {
    publisher.publish(message, (failure) =>
      failure ? reject(new Error(`${otherwise}: ${failure.kind}, ${failure.reason}`)) : resolve(),
    );
  });
}
