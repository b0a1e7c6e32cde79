import type { IncomingMessage, OutgoingMessage } from '../contracts/message';
import type { Service } from '../lifecycle/service';
import type { TopologyPlan } from '../topology/plan';
import type { Delivery } from './delivery';

export type BrokerState =
  | { name: 'stopped' }
  | { name: 'connecting'; lastError?: string; refused?: boolean }
  | { name: 'connected'; version: string }
  /** Publishing is blocked by an alarm of the broker since `sinceMs` (1970); consuming goes on. */
  | { name: 'blocked'; version: string; reason: string; sinceMs: number };

/**
 * Why a publish did not end in a confirm.
 * - `returned`: no queue takes it (only when mandatory). Nothing was stored.
 * - `nacked`: a queue refused it. Nothing was stored there.
 * - `unsendable`: it cannot be put on the wire (a header table over 64 KiB, for example). Nothing was sent.
 * - `full`: this process's own buffer is full. Nothing was sent.
 * - `expired`: its deadline passed before it was sent. Nothing was sent.
 * - `unknown`: sent, but the connection or the deadline ended before the confirm. It may be stored.
 * - `stopped`: the publisher was closed before it was sent.
 */
export interface PublishFailure {
  kind: 'returned' | 'nacked' | 'unsendable' | 'full' | 'expired' | 'unknown' | 'stopped';
  reason: string;
  /** Of a body that is larger: the most that the broker takes, in bytes. */
  limitBytes?: number;
}

/** Called exactly once per message: without an argument when it is confirmed. */
export type PublishDone = (failure?: PublishFailure) => void;

export interface PublisherOptions {
  /** Most messages sent and not yet confirmed. Default 2000. */
  window?: number;
  /** Most messages kept in this process while the window is full or the broker is away. Default 20,000. */
  bufferMessages?: number;
  /** Most bytes of bodies kept so. Default 64 MiB. */
  bufferBytes?: number;
  /** Milliseconds from `publish` to giving up; `Infinity` waits for ever. Default 30,000. */
  deadlineMs?: number;
}

/** A confirm channel of its own, reopened by itself. Messages keep their order while the channel lives. */
export interface Publisher {
  /** Never throws; the outcome comes through `done`. Several publishes of one turn of the event loop leave together. */
  publish(message: OutgoingMessage, done: PublishDone): void;
  /** Resolves when the buffer has room again; at once when it has. */
  whenRoom(): Promise<void>;
  /** Messages not yet confirmed, sent or buffered. */
  readonly pending: number;
  /** Waits for what is pending until the deadline, then fails the rest with `stopped` or `unknown`. */
  close(deadlineMs: number): Promise<void>;
}

export interface SubscribeOptions {
  queue: string;
  /** Most deliveries unsettled at a time, 1 to 2000 on quorum queues. */
  prefetch: number;
  onDelivery: (delivery: Delivery) => void;
  /** Another consumer of its queue may be given everything, as with a single active one. Default false. */
  standsBy?: boolean;
  /** Its channel was closed by the broker or with the connection: all its deliveries are dead. It reopens by itself. */
  onLost?: (reason: string) => void;
}

/** One consumer on a channel of its own, reopened after every loss until it is cancelled or closed. */
export interface Subscription {
  /** False while the channel is being opened again. */
  readonly open: boolean;
  /** Takes nothing new; what was delivered can still be settled. */
  cancel(): Promise<void>;
  /** Closes the channel: settled deliveries are acked first, the rest returns to the queue. */
  close(): Promise<void>;
}

export interface ReadStreamOptions {
  queue: string;
  /**
   * `last`: from the newest message, or some that were stored together with it. A time: from what was stored in that
   * second, or a little earlier; one before the stream's oldest message reads all of it, one in the future only what comes.
   */
  from: 'last' | { timestampMs: number };
  /** In the order of storing, first what is there, then what comes. May be called before `readStream` resolves. */
  onMessage: (message: IncomingMessage) => void;
  /** Its channel was closed by the broker or with the connection. It does not come back: read again from where you want. */
  onLost?: (reason: string) => void;
}

/** One reader of a stream. Reading takes nothing away, and any number may read. */
export interface StreamReader {
  close(): Promise<void>;
}

export interface OpenRepliesOptions {
  onReply: (message: IncomingMessage) => void;
  /** Its connection is lost, and the queue with it. Open another. */
  onLost?: () => void;
}

/** A queue for answers, of this connection alone. It does not come back. */
export interface ReplyQueue {
  /** Where to answer: the routing key, by the default exchange. */
  readonly name: string;
  close(): Promise<void>;
}

export interface QueueDepth {
  /** Ready messages. Of a stream RabbitMQ tells them some seconds late. */
  messages: number;
  consumers: number;
}

/** What this library needs of a broker. Adapters: RabbitMQ and memory; one conformance suite for both. */
export interface Broker extends Service {
  readonly state: BrokerState;
  /** Called at every change of state; the returned function unsubscribes. */
  onState(listener: (state: BrokerState) => void): () => void;
  /**
   * Makes what the plan says exist. Resolves when it does, waiting for the broker if need be. It is applied again
   * after every reconnect.
   * @throws BrokerError `topology_mismatch` when a queue exists with arguments that could lose jobs; `permission_missing`
   */
  apply(plan: TopologyPlan): Promise<void>;
  publisher(options?: PublisherOptions): Publisher;
  /**
   * Resolves when the first consumer is open, waiting for the broker if need be; or when it cannot be for as long as the
   * queue is damaged, of which `broker.degraded` tells: then it opens when that is mended.
   * @throws BrokerError `no_queue`, `permission_missing`
   */
  subscribe(options: SubscribeOptions): Promise<Subscription>;
  /**
   * Takes one message, or none; for queues whose jobs run too long to be prefetched. None also while the broker is away.
   * @throws BrokerError `no_queue`, `permission_missing`; `broker_unreachable` while a damaged queue is left alone
   */
  pull(queue: string): Promise<Delivery | undefined>;
  /**
   * Reads a queue of type `stream`. Resolves when it is being read.
   * @throws BrokerError `no_queue`, `permission_missing`; `broker_unreachable` while the broker is away
   */
  readStream(options: ReadStreamOptions): Promise<StreamReader>;
  /**
   * Makes a queue for answers to questions that are asked by messages.
   * @throws BrokerError `permission_missing`; `broker_unreachable` while the broker is away
   */
  openReplies(options: OpenRepliesOptions): Promise<ReplyQueue>;
  /**
   * Undefined when there is no such queue.
   * @throws BrokerError `broker_unreachable` while the broker is away
   */
  depth(queue: string): Promise<QueueDepth | undefined>;
}
