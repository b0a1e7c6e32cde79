import { AmqpConnectionManagerClass } from 'amqp-connection-manager';
import type { ChannelModel } from 'amqplib';
import { Duplex } from 'node:stream';
import { faultOf } from './broker-error';
import { corkWrites } from './cork';
import { type LinkFault, linkFaultOf } from './link-fault';
import type { ResolvedAmqpOptions } from './options';
import { fromAnyOf } from './urls';
import { within } from '../../lifecycle/pause';

/** Longest wait for a handshake, in milliseconds: a host that swallows packets must not hold up the next one. */
const HANDSHAKE_MS = 10_000;
/** A wrong password does not become right within a second; brokers log every try. */
const REFUSED_SLOWDOWN = 5;
/** Bytes that may lie in the socket before amqplib's mux pauses; Node's 16 KiB would cut a turn into many small writes. */
const SOCKET_BUFFER_BYTES = 256 * 1024;

export interface LinkBlock {
  reason: string;
  /** Milliseconds since 1970. */
  sinceMs: number;
}

/**
 * One connection that comes back by itself. amqp-connection-manager keeps it; its channel wrappers are not used (they
 * ack on the wrong channel after a reconnect and do not reopen a channel that the broker closed).
 */
export class Link {
  /** The connection while there is one. */
  model: ChannelModel | undefined;
  /** Where it leads; holds the password. */
  url: string | undefined;
  blocked: LinkBlock | undefined;
  /** Why there is none, since the last time there was one. */
  fault: LinkFault | undefined;
  /** The reply code with which the broker ended the last connection; undefined when it ended without one. */
  endedBy: number | undefined;
  private manager: AmqpConnectionManagerClass | undefined;
  /** Of the present attempt. Node keeps a listener on a signal for as long as the signal lives: one for all would leak. */
  private attempt = new AbortController();
  private readonly listeners = new Set<() => void>();
  private readonly waiting = new Set<(model: ChannelModel | undefined) => void>();
  private stopped = false;

  constructor(
    private readonly role: 'publish' | 'consume',
    private readonly options: ResolvedAmqpOptions,
  ) {}

  start(): void {
    if (this.manager || this.stopped) return;
    this.manager = this.dial();
    this.manager.connect().catch(() => undefined);
  }

  /** Called when it is up, lost, refused, blocked or unblocked; the returned function unsubscribes. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** The connection, as soon as there is one; undefined when `signal` aborts or the link is stopped before. */
  whenUp(signal: AbortSignal): Promise<ChannelModel | undefined> {
    if (this.model || this.stopped || signal.aborted) return Promise.resolve(signal.aborted ? undefined : this.model);
    return new Promise((resolve) => {
      const answer = (model: ChannelModel | undefined) => {
        this.waiting.delete(answer);
        signal.removeEventListener('abort', giveUp);
        resolve(model);
      };
      const giveUp = () => answer(undefined);
      this.waiting.add(answer);
      signal.addEventListener('abort', giveUp);
    });
  }

  /** Closes in good order, and by force when that takes longer than the deadline. */
  async stop(deadlineMs: number): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    this.answerWaiting(undefined);
    const { manager } = this;
    if (!manager) return;
    // A handshake under way would, when it fails, wait this long for the next one before `close` returns.
    manager.reconnectTimeInSeconds = 0.001;
    // amqplib's `close` stays open for ever when the socket ends before the broker has answered it.
    const ended = Promise.race([manager.close(), socketEnd(this.model)]);
    await within(this.options.clock, deadlineMs, ended);
    this.destroy();
    this.model = undefined;
    this.changed();
    this.listeners.clear();
  }

  /** Hangs up on a broker that keeps the connection and does not answer. Another connection is made at once. */
  hangUp(model: ChannelModel, reason: string): void {
    if (this.model === model) socketOf(model)?.destroy(new Error(reason));
  }

  private dial(): AmqpConnectionManagerClass {
    const { urls, heartbeatSeconds, random } = this.options;
    const manager = new AmqpConnectionManagerClass(fromAnyOf(urls, random), {
      heartbeatIntervalInSeconds: heartbeatSeconds,
    });
    manager.connectionOptions = this.socketOptions();
    manager.reconnectTimeInSeconds = this.pauseSeconds(false);
    manager.on('connect', ({ url }) => this.up(manager.connection, String(url)));
    manager.on('connectFailed', ({ err, url }: { err: Error; url?: unknown }) =>
      this.down(err, typeof url === 'string' ? url : undefined),
    );
    manager.on('disconnect', ({ err }: { err?: Error }) => this.down(err, this.url));
    manager.on('blocked', ({ reason }: { reason: string }) =>
      this.block({ reason, sinceMs: this.options.clock.now() }),
    );
    manager.on('unblocked', () => this.block(undefined));
    return manager;
  }

  private socketOptions() {
    return {
      noDelay: true,
      timeout: HANDSHAKE_MS,
      highWaterMark: SOCKET_BUFFER_BYTES,
      signal: this.attempt.signal,
      clientProperties: { connection_name: `${this.options.connectionName} (${this.role})` },
    } as const;
  }

  private up(model: ChannelModel | undefined, url: string): void {
    if (!model) return;
    this.model = model;
    this.url = url;
    this.fault = undefined;
    this.blocked = undefined;
    if (!corkWrites(model)) {
      this.options.events.emit({
        event: 'broker.degraded',
        reason: 'this amqplib cannot be corked: every frame is a system call of its own',
      });
    }
    this.changed();
    this.answerWaiting(model);
  }

  private down(error: Error | undefined, url: string | undefined): void {
    if (this.model) this.endedBy = faultOf(error).code;
    this.model = undefined;
    this.blocked = undefined;
    this.fault = linkFaultOf(error, url, this.options.urls);
    if (this.manager && !this.stopped) {
      this.attempt = new AbortController();
      this.manager.connectionOptions = this.socketOptions();
      this.manager.reconnectTimeInSeconds = this.pauseSeconds(this.fault.refused);
    }
    this.changed();
  }

  private block(blocked: LinkBlock | undefined): void {
    this.blocked = blocked;
    this.changed();
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }

  private answerWaiting(model: ChannelModel | undefined): void {
    for (const answer of [...this.waiting]) answer(model);
  }

  /** A TLS socket takes no signal, so the stream of an open connection is destroyed as well. */
  private destroy(): void {
    this.attempt.abort();
    socketOf(this.model)?.destroy();
  }

  /** Spread, so that a cluster which comes back is not met by all its clients in the same moment. */
  private pauseSeconds(refused: boolean): number {
    const ms = this.options.reconnectMs * (0.5 + this.options.random());
    return (refused ? ms * REFUSED_SLOWDOWN : ms) / 1_000;
  }
}

/** The socket of a connection, which amqplib keeps to itself; undefined when it has moved. */
function socketOf(model: ChannelModel | undefined): Duplex | undefined {
  const { stream } = (model?.connection ?? {}) as { stream?: unknown };
  return stream instanceof Duplex ? stream : undefined;
}

function socketEnd(model: ChannelModel | undefined): Promise<void> {
  return new Promise((resolve) => void socketOf(model)?.once('close', () => resolve()));
}
