import type { OutgoingMessage } from '../contracts/message';
import type { PublishFailure, Publisher } from './broker';

/**
 * Publishes one message and resolves when it is known how that ended: undefined when it is confirmed. Never rejects.
 *
 * @example const failure = await published(publisher, message);
 */
export function published(publisher: Publisher, message: OutgoingMessage): Promise<PublishFailure | undefined> {
  return new Promise((resolve) => publisher.publish(message, resolve));
}

/**
 * The same where nothing but a confirm will do.
 *
 * @param otherwise begins the error's message
 * @throws Error with how it ended and why
 * @example await confirmed(publisher, message, 'the pulse was not confirmed');
 */
export async function confirmed(publisher: Publisher, message: OutgoingMessage, otherwise: string): Promise<void> {
  const failure = await published(publisher, message);
  if (failure) throw new Error(`${otherwise}: ${failure.kind}, ${failure.reason}`);
}
