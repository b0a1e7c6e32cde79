import type { ChannelModel } from 'amqplib';
import type { Clock } from '../../lifecycle/clock';
import { within } from '../../lifecycle/pause';
import type { Link } from './link';

/**
 * A queue whose process is gone crashes whoever asks RabbitMQ to consume it, and with its channel ends the whole
 * connection: `internal-error`, AMQP 0-9-1 section 1.2, a hard error.
 */
const INTERNAL_ERROR = 541;
/** Most milliseconds until a queue is tried again that ends the connection of whoever tries. */
export const DAMAGED_PAUSE_MS = 30_000;
/** A queue that does not answer holds up the others so long, in milliseconds. */
const TURN_MS = 5_000;

/** Whether this connection was ended by an error of the broker's own. */
export function endedByDamage(link: Link, model: ChannelModel): boolean {
  return link.model !== model && link.endedBy === INTERNAL_ERROR;
}

/** What is the matter with a queue, and what to do about it. */
export function damageText(queue: string): string {
  return (
    `RabbitMQ ends the connection of whoever takes from "${queue}": the queue is damaged. Where rabbitmqctl list_queues ` +
    `name state says "down", start the nodes that have its messages, or give them up with rabbitmqctl delete_queue ${queue}: ` +
    `it is made anew, and a ledger publishes its jobs again`
  );
}

/**
 * Finds the queue that ends the connection for all others. Once the broker has ended it by an error of its own, consumers
 * are asked for one after the other: whoever waits for the answer when it ends again is the one.
 */
export class DamageFinder {
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly link: Link,
    private readonly clock: Clock,
  ) {}

  /**
   * Asks the broker for a consumer on the connection that all share.
   * @param onFound it ended while this was asked for, alone
   */
  async ask<T>(model: ChannelModel, consume: () => Promise<T>, onFound: () => void): Promise<T> {
    if (this.link.endedBy !== INTERNAL_ERROR) return consume();
    const turn = this.last.then(() => this.askAlone(model, consume, onFound));
    this.last = this.last.then(() => within(this.clock, TURN_MS, turn));
    return turn;
  }

  private async askAlone<T>(model: ChannelModel, consume: () => Promise<T>, onFound: () => void): Promise<T> {
    if (this.link.model !== model) throw new Error('the connection was lost before the consumer was asked for');
    try {
      return await consume();
    } catch (error) {
      if (endedByDamage(this.link, model)) onFound();
      throw error;
    }
  }
}
