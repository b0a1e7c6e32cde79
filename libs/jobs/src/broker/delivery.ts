import type { IncomingMessage } from '../contracts/message';

/**
 * One received message, settled once: the first of `ack`, `requeue`, `reject` counts, later calls do nothing.
 * On a delivery that is no longer alive all three do nothing: the broker has given the message to somebody else.
 */
export interface Delivery {
  readonly message: IncomingMessage;
  /** False as soon as the channel it came on is closed. */
  readonly alive: boolean;
  ack(): void;
  /** Back to its queue, near its old place. Raises the delivery count up to RabbitMQ 4.2. */
  requeue(): void;
  /** To the queue's dead-letter exchange, by the broker. */
  reject(): void;
}
