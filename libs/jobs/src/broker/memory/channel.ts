import type { Delivery } from '../delivery';
import { StoredMessage, incomingFrom } from './message';

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
  /** In the order of delivery. */
  private readonly unsettled = new Set<StoredMessage>();

  constructor(
    private readonly source: ChannelSource,
    private readonly onLost: (reason: string) => void,
  ) {}

  get holding(): number {
    return this.unsettled.size;
  }

  hold(message: StoredMessage): Delivery {
    this.unsettled.add(message);
    const settle = (how: (message: StoredMessage) => void) => (): void => {
      if (this.unsettled.delete(message)) how(message);
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

  /** Closed by the client. */
  close(): void {
    if (!this.alive) return;
    this.alive = false;
    this.source.leave(this);
    const back = [...this.unsettled];
    this.unsettled.clear();
    this.source.giveBack(back);
  }

  /** Closed by the broker, or with the connection. */
  lose(reason: string): void {
    if (!this.alive) return;
    this.close();
    this.onLost(reason);
  }
}
