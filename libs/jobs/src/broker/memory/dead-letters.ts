import type { Clock } from '../../lifecycle/clock';
import { type DeathReason, goesInCircles, headersAfterDeath } from './deaths';
import type { Routed } from './exchanges';
import { Fifo } from './fifo';
import type { StoredMessage } from './message';
import type { Turns } from './turns';

/** RabbitMQ's `dead_letter_worker_consumer_prefetch`: so many letters without a target stop all behind them. */
const MOST_ON_THE_WAY = 32;
/** After this a letter that could not be delivered is routed again. */
const SECOND_TRY_MS = 180_000;

export interface DeadLetterPolicy {
  queue: string;
  exchange: string | undefined;
  routingKey: string | undefined;
  atLeastOnce: boolean;
}

/** What the dead letters of a queue need of their world. */
export interface DeadLetterOffice {
  readonly clock: Clock;
  readonly turns: Turns;
  targets(exchange: string, message: Routed): Iterable<string>;
  /** False when the queue refuses it. */
  offer(queue: string, message: StoredMessage): boolean;
}

interface Letter {
  message: StoredMessage;
  /** Queues that refused it; undefined until it has been routed. */
  refusedBy?: string[];
}

/** Takes the dead messages of one queue to its dead-letter exchange, in order. */
export class DeadLetters {
  private readonly waiting = new Fifo<Letter>();
  private onTheWay = 0;

  constructor(
    private readonly policy: DeadLetterPolicy,
    private readonly office: DeadLetterOffice,
  ) {}

  /** Dead letters that could not be delivered yet; `depth` does not count them, neither does RabbitMQ. */
  get held(): number {
    return this.waiting.size + this.onTheWay;
  }

  take(message: StoredMessage, reason: DeathReason): void {
    const { queue, exchange, routingKey } = this.policy;
    if (exchange === undefined) return;
    const headers = headersAfterDeath(message, queue, reason, this.office.clock.now());
    const dead = { ...message, headers, exchange, routingKey: routingKey ?? message.routingKey, deliveryCount: 0 };
    this.waiting.push({ message: dead });
    this.office.turns.soon(() => this.send());
  }

  private send(): void {
    while (this.onTheWay < MOST_ON_THE_WAY) {
      const letter = this.waiting.shift();
      if (!letter) return;
      this.onTheWay += 1;
      this.deliver(letter);
    }
  }

  private deliver(letter: Letter): void {
    const delivered = this.handOver(letter);
    if (delivered || !this.policy.atLeastOnce) {
      this.onTheWay -= 1;
      return;
    }
    this.office.clock.after(SECOND_TRY_MS, () => {
      this.deliver(letter);
      this.send();
    });
  }

  private handOver(letter: Letter): boolean {
    const { message } = letter;
    const targets = letter.refusedBy ?? [...this.office.targets(message.exchange, message)];
    const straight = targets.filter((queue) => !goesInCircles(message.headers, queue));
    const refusedBy = straight.filter((queue) => !this.office.offer(queue, message));
    if (refusedBy.length > 0) letter.refusedBy = refusedBy;
    return targets.length > 0 && refusedBy.length === 0;
  }
}
