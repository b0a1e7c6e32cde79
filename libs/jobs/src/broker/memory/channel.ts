import type { Delivery } from '../delivery';
import { type StoredMessage, incomingFrom } from './message';
import type { Turns } from './turns';

/** Where the messages of a channel come from and return to. */
export interface ChannelSource {
  readonly name: string;
  /** One message of the channel was acked. */
  settled(): void;
  giveBack(messages: readonly StoredMessage[]): void;
  reject(message: StoredMessage): void;
  leave(channel: Channel): void;
}

/** What one client holds of one queue. It dies once; what was not settled by then returns to the queue. */
export class Channel {
  alive = true;
  /** What the broker has no word about yet, in the order of delivery. */
  private readonly unsettled = new Set<StoredMessage>();
  /** Settled by the client, still on the wire: lost with the connection, as everything on a wire. */
  private onTheWire: (() => void)[] = [];

  constructor(
    private readonly source: ChannelSource,
    private readonly turns: Turns,
    private readonly onLost: (reason: string) => void,
  ) {}

  get holding(): number {
    return this.unsettled.size;
  }

  hold(message: StoredMessage): Delivery {
    this.unsettled.add(message);
    let settled = false;
    const settle = (how: () => void) => (): void => {
      if (settled || !this.alive) return;
      settled = true;
      this.send(() => {
        this.unsettled.delete(message);
        how();
      });
    };
    const isAlive = (): boolean => this.alive;
    return {
      message: incomingFrom(message, this.source.name),
      get alive() {
        return isAlive();
      },
      ack: settle(() => this.source.settled()),
      requeue: settle(() => this.source.giveBack([message])),
      reject: settle(() => this.source.reject(message)),
    };
  }

  /** Closed by the client: what it settled arrives first. */
  close(): void {
    if (!this.alive) return;
    this.deliver();
    this.end();
  }

  /** Closed by the broker, or with the connection. */
  lose(reason: string): void {
    if (!this.alive) return;
    this.end();
    this.onLost(reason);
  }

  private send(settling: () => void): void {
    this.onTheWire.push(settling);
    if (this.onTheWire.length === 1) this.turns.soon(() => this.deliver());
  }

  private deliver(): void {
    if (!this.alive) return;
    for (const settling of this.onTheWire.splice(0)) settling();
  }

  private end(): void {
    this.alive = false;
    this.source.leave(this);
    const back = [...this.unsettled];
    this.unsettled.clear();
    this.source.giveBack(back);
  }
}
