import type { Channel, ChannelModel } from 'amqplib';
import { BrokerError } from '../../contracts/errors';
import type { Delivery } from '../delivery';
import { type Doing, brokerErrorOf, isPassing } from './broker-error';
import { DAMAGED_PAUSE_MS, damageText, endedByDamage } from './damage';
import { Epoch } from './epoch';
import type { Link } from './link';
import type { ResolvedAmqpOptions } from './options';
import { within } from '../../lifecycle/pause';

const CLOSE_MS = 5_000;
/** So long a damaged queue is left alone, in milliseconds; after each further time twice as long. */
const FIRST_REST_MS = 1_000;

interface Rest {
  ms: number;
  endsAt: number;
}

interface OpenPull {
  channel: Channel;
  epoch: Epoch;
}

/** Takes single messages. A channel for each queue: one that the broker closes must not take the others' deliveries along. */
export class Pulls {
  private readonly channels = new Map<string, Promise<OpenPull>>();
  /** Of queues that ended the connection when they were asked. */
  private readonly rests = new Map<string, Rest>();
  private stopped = false;

  constructor(
    private readonly link: Link,
    private readonly options: ResolvedAmqpOptions,
  ) {}

  /** One message, or undefined when the queue is empty or the broker is away. @throws BrokerError */
  async pull(queue: string): Promise<Delivery | undefined> {
    const { model } = this.link;
    if (!model || this.stopped) return undefined;
    this.checkRested(queue);
    try {
      const { channel, epoch } = await this.channelFor(queue, model);
      const message = await channel.get(queue, { noAck: false });
      this.rests.delete(queue);
      return message ? epoch.delivery(message) : undefined;
    } catch (error) {
      if (endedByDamage(this.link, model)) this.rest(queue);
      if (isPassing(error)) return undefined;
      throw brokerErrorOf(error, doing(queue));
    }
  }

  /** It must not take the connection from all others again and again. */
  private rest(queue: string): void {
    const { clock, events } = this.options;
    const before = this.rests.get(queue);
    if (!before) events.emit({ event: 'broker.degraded', reason: damageText(queue) });
    const ms = Math.min(DAMAGED_PAUSE_MS, before ? 2 * before.ms : FIRST_REST_MS);
    this.rests.set(queue, { ms, endsAt: clock.now() + ms });
  }

  private checkRested(queue: string): void {
    const rest = this.rests.get(queue);
    if (!rest || rest.endsAt <= this.options.clock.now()) return;
    throw new BrokerError('broker_unreachable', damageText(queue), { field: queue });
  }

  async close(): Promise<void> {
    this.stopped = true;
    const opening = [...this.channels.values()];
    const closing = Promise.allSettled(opening.map(async (open) => (await open).epoch.close()));
    await within(this.options.clock, CLOSE_MS, closing);
  }

  private channelFor(queue: string, model: ChannelModel): Promise<OpenPull> {
    const known = this.channels.get(queue);
    if (known) return known;
    const opening = this.openChannel(queue, model);
    this.channels.set(queue, opening);
    opening.catch(() => this.forget(queue, opening));
    return opening;
  }

  private async openChannel(queue: string, model: ChannelModel): Promise<OpenPull> {
    const channel = await model.createChannel();
    const epoch = new Epoch(queue, channel);
    channel.on('error', (error) => {
      this.options.events.emit({ event: 'channel.closed', queue, reason: brokerErrorOf(error, doing(queue)).message });
    });
    channel.on('close', () => {
      epoch.end();
      this.forget(queue, this.channels.get(queue));
    });
    return { channel, epoch };
  }

  private forget(queue: string, opening: Promise<OpenPull> | undefined): void {
    if (this.channels.get(queue) === opening) this.channels.delete(queue);
  }
}

function doing(queue: string): Doing {
  return { operation: 'read', name: queue };
}
