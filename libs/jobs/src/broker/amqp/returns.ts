import type { Message } from 'amqplib';
import type { OutgoingMessage } from '../../contracts/message';

interface Returned {
  exchange: string;
  routingKey: string;
  messageId: string | undefined;
  reason: string;
}

/**
 * Messages that came back as unroutable and wait for their confirm: the broker returns a message first and acks it then,
 * without saying that it is the same. The next confirm of a message with that exchange, key and id is taken for it. Of
 * two that are alike in all three it may be the other; then one is stored and one is not, as reported.
 */
export class Returns {
  private readonly waiting: Returned[] = [];

  add({ fields, properties }: Message): void {
    const { replyCode, replyText } = fields as { replyCode?: number; replyText?: string };
    this.waiting.push({
      exchange: fields.exchange,
      routingKey: fields.routingKey,
      messageId: typeof properties.messageId === 'string' ? properties.messageId : undefined,
      reason: `no queue takes "${fields.routingKey}" at exchange "${fields.exchange}" (${replyCode ?? 312} ${replyText ?? 'NO_ROUTE'})`,
    });
  }

  /** The reason why this message came back, once; undefined when it did not. */
  take(message: OutgoingMessage): string | undefined {
    if (this.waiting.length === 0 || !message.mandatory) return undefined;
    const index = this.waiting.findIndex(
      (returned) =>
        returned.routingKey === message.routingKey &&
        returned.exchange === message.exchange &&
        returned.messageId === message.messageId,
    );
    return index < 0 ? undefined : this.waiting.splice(index, 1)[0]?.reason;
  }
}
