/** A header value as AMQP 0-9-1 tables carry it; what we write is text, numbers and booleans only. */
export type HeaderValue = string | number | boolean;

/** A message on its way to the broker. Always persistent. */
export interface OutgoingMessage {
  exchange: string;
  routingKey: string;
  body: Buffer;
  /** Ask for it back when no queue takes it. Without this an unroutable message is confirmed and gone. */
  mandatory: boolean;
  messageId?: string;
  type?: string;
  correlationId?: string;
  contentType?: string;
  appId?: string;
  /** Seconds since 1970, as AMQP has it. */
  timestamp?: number;
  headers?: Record<string, HeaderValue>;
}

/** A message as it came from the broker. `body` may share memory with other messages: copy it to keep it for long. */
export interface IncomingMessage {
  queue: string;
  exchange: string;
  routingKey: string;
  body: Buffer;
  messageId?: string;
  type?: string;
  correlationId?: string;
  appId?: string;
  /** Seconds since 1970. */
  timestamp?: number;
  headers: Readonly<Record<string, unknown>>;
  redelivered: boolean;
  /** How often it was delivered and returned before; 0 at first. Classic queues know no more than 0 or 1. */
  deliveryCount: number;
}

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
