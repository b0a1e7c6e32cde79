import { hostname } from 'node:os';
import { ConfigurationError } from '../../contracts/errors';
import type { EventSink } from '../../events/event-bus';
import { type Clock, type Random, systemClock } from '../../lifecycle/clock';
import type { Names } from '../../topology/names';
import { checkUrls } from './urls';

export interface AmqpBrokerOptions {
  /**
   * `amqp://` or `amqps://` addresses, at least one. Several are nodes of one cluster: it begins with any of
   * them, and after a loss tries the next.
   * They hold passwords; events and errors show them masked.
   */
  urls: string[];
  names: Names;
  /** Seconds between heartbeats; a silent peer is given up after two. Default 30. */
  heartbeatSeconds?: number;
  /** Shown by the broker beside each connection. Default `<prefix> <host> <pid>`. */
  connectionName?: string;
  /** Milliseconds between two attempts to connect, ±50 % at random. Default 1000. */
  reconnectMs?: number;
  /**
   * Milliseconds for which the oldest message that was published may be without an answer while the connection stands and
   * no alarm blocks it; then its channel is closed and another opened, and if that cannot be closed, the connection.
   * Twice as long each time, up to 16 times. Default 15,000: a leader of a quorum queue is replaced within 5 s or so.
   * So often, too, an idle consumer looks whether it has been forgotten.
   */
  stallMs?: number;
  /** Told of connections, blocking, closed channels and drifted queues. */
  events?: Pick<EventSink, 'emit'>;
  clock?: Clock;
  random?: Random;
}

export type ResolvedAmqpOptions = Required<AmqpBrokerOptions>;

/** @throws ConfigurationError naming the option at fault */
export function resolveAmqpOptions(options: AmqpBrokerOptions): ResolvedAmqpOptions {
  checkUrls(options.urls);
  return {
    urls: options.urls,
    names: options.names,
    heartbeatSeconds: atLeast(1, options.heartbeatSeconds ?? 30, 'heartbeatSeconds'),
    connectionName: options.connectionName ?? `${options.names.prefix} ${hostname()} ${process.pid}`,
    reconnectMs: atLeast(1, options.reconnectMs ?? 1_000, 'reconnectMs'),
    stallMs: atLeast(1, options.stallMs ?? 15_000, 'stallMs'),
    events: options.events ?? { emit: () => undefined },
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

function atLeast(least: number, value: number, field: string): number {
  if (Number.isFinite(value) && value >= least) return value;
  throw new ConfigurationError(
    'configuration_invalid',
    `${field} is ${value}; it must be a number of ${least} or more`,
    { field },
  );
}
