import type { Channel, ChannelModel } from 'amqplib';
import type { BindingPlan, ExchangePlan, QueuePlan, TopologyPlan } from '../../topology/plan';
import {
  type Doing,
  type Mismatch,
  brokerErrorOf,
  isLoss,
  mismatchOf,
  mismatchText,
  topologyMismatch,
} from './broker-error';
import { closeChannel } from './close-channel';

/** Differences that could lose jobs. Others, a delivery limit for example, leave the queue as it is. */
const DECISIVE = new Set([
  'x-queue-type',
  'durable',
  'exclusive',
  'auto_delete',
  'x-dead-letter-exchange',
  'x-dead-letter-routing-key',
  'x-dead-letter-strategy',
  'x-overflow',
  'x-message-ttl',
  'x-expires',
]);

/**
 * Makes what the plan says: exchanges, queues, bindings, in that order.
 * @returns harmless differences between the plan and what was there already
 * @throws BrokerError `topology_mismatch`, `permission_missing`; the errors of amqplib when the connection is lost meanwhile
 */
export async function applyPlan(model: ChannelModel, plan: TopologyPlan): Promise<string[]> {
  const drifts: string[] = [];
  const throwaway = new Throwaway(model);
  try {
    for (const exchange of plan.exchanges) await declareExchange(throwaway, exchange);
    for (const queue of plan.queues) drifts.push(...(await declareQueue(throwaway, queue)));
    for (const binding of plan.bindings) await bind(throwaway, binding);
  } finally {
    await throwaway.close();
  }
  return drifts;
}

/** A channel that the broker may close: the next operation opens another. */
export class Throwaway {
  private channel: Channel | undefined;

  constructor(private readonly model: ChannelModel) {}

  async get(): Promise<Channel> {
    if (this.channel) return this.channel;
    const channel = await this.model.createChannel();
    channel.on('error', () => undefined);
    channel.on('close', () => {
      if (this.channel === channel) this.channel = undefined;
    });
    return (this.channel = channel);
  }

  async close(): Promise<void> {
    if (this.channel) await closeChannel(this.channel);
  }
}

async function declareExchange(throwaway: Throwaway, exchange: ExchangePlan): Promise<void> {
  const channel = await throwaway.get();
  try {
    await channel.assertExchange(exchange.name, exchange.type, {
      durable: true,
      alternateExchange: exchange.alternate,
    });
  } catch (error) {
    throw refusal(error, { operation: 'declare', name: exchange.name });
  }
}

/** The broker names one difference at a time: what it names is taken over, until it agrees or the difference is decisive. */
async function declareQueue(throwaway: Throwaway, queue: QueuePlan): Promise<string[]> {
  const drifts: string[] = [];
  let wanted = queue.arguments;
  for (let tries = 0; ; tries += 1) {
    const channel = await throwaway.get();
    try {
      await channel.assertQueue(queue.name, { durable: true, arguments: wanted });
      return drifts;
    } catch (error) {
      const mismatch = mismatchOf(error);
      if (!mismatch || tries >= 20) throw refusal(error, { operation: 'declare', name: queue.name });
      if (DECISIVE.has(mismatch.argument)) throw topologyMismatch(mismatch, error);
      drifts.push(mismatchText(mismatch));
      wanted = takenOver(wanted, mismatch);
    }
  }
}

function takenOver(wanted: QueuePlan['arguments'], { argument, found }: Mismatch): QueuePlan['arguments'] {
  const { [argument]: _, ...rest } = wanted;
  if (found === undefined) return rest;
  return { ...rest, [argument]: /^-?\d+$/.test(found) ? Number(found) : found };
}

export async function bind(throwaway: Throwaway, { from, to, toKind, key, header }: BindingPlan): Promise<void> {
  const channel = await throwaway.get();
  try {
    const args = bindingArguments(header);
    if (toKind === 'queue') await channel.bindQueue(to, from, key, args);
    else await channel.bindExchange(to, from, key, args);
  } catch (error) {
    throw refusal(error, { operation: 'bind', from, to });
  }
}

/** A headers exchange looks at arguments, not at the key. */
export const bindingArguments = (header: string | undefined): Record<string, string | boolean> =>
  header === undefined ? {} : { 'x-match': 'all', [header]: true };

/** What the broker refuses, as our error; a lost connection stays what it is, so that the caller tries again. */
export function refusal(error: unknown, doing: Doing): unknown {
  return isLoss(error) ? error : brokerErrorOf(error, doing);
}
