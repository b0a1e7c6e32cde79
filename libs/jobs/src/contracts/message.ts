/** A header value as AMQP 0-9-1 tables carry it; what we write is text, numbers and booleans only. */
export type HeaderValue = string | number | boolean;

/** What a text property of AMQP (message id, type, correlation id) can hold. */
export const MOST_PROPERTY_BYTES = 255;

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
