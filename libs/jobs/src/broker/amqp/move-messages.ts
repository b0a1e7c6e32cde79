import type { ChannelModel, ConfirmChannel, ConsumeMessage, Options } from 'amqplib';
import { BrokerError } from '../../contracts/errors';
import type { Clock } from '../../lifecycle/clock';
import { pause } from '../../lifecycle/pause';
import { BROKERS_OWN_HEADER } from '../../topology/foreign-headers';
import { closeChannel } from './close-channel';

/** At most so many are confirmed together, and then acknowledged. */
const BATCH = 200;
/** What was routed to a queue before it was unbound has come into it by then. */
const QUIET_MS = 1_000;

export interface Moving {
  from: string;
  /** Exchange whose only queue is the one that takes them: through it they keep their routing key. */
  exchange: string;
  /** Called for each batch that is about to be acknowledged. */
  onMoved: (count: number) => void;
  clock: Clock;
  /** Aborted when the connection is lost. */
  signal: AbortSignal;
}

/**
 * Moves every message, until none comes any more. Each is acknowledged when the other queue has it on disk: who is
 * interrupted leaves it in both, never in none. Headers that the broker made are left behind: up to 3.13 it drops a
 * message that it takes for one that goes in circles.
 *
 * @returns how many
 * @throws BrokerError, or the errors of amqplib when the connection is lost
 */
export async function moveMessages(model: ChannelModel, moving: Moving): Promise<number> {
  const { clock } = moving;
  const channel = await model.createConfirmChannel();
  const returned: string[] = [];
  channel.on('error', () => undefined);
  channel.on('return', ({ fields }) => returned.push(fields.routingKey));
  const inbox: ConsumeMessage[] = [];
  await channel.prefetch(BATCH);
  // Not one by one: a queue with a single active consumer lets nobody get.
  await channel.consume(moving.from, (message) => message && void inbox.push(message));
  let moved = 0;
  let quietSinceMs = clock.now();
  for (;;) {
    const batch = inbox.splice(0);
    if (batch.length === 0) {
      const isQuiet = clock.now() - quietSinceMs >= QUIET_MS;
      if (isQuiet && (await channel.checkQueue(moving.from)).messageCount === 0) break;
      await pause(clock, QUIET_MS / 50, moving.signal);
      continue;
    }
    await publishAll(channel, moving.exchange, batch);
    if (returned.length > 0) throw noTarget(moving, returned.length);
    moving.onMoved(batch.length);
    const last = batch.at(-1);
    if (last) channel.ack(last, true);
    moved += batch.length;
    quietSinceMs = clock.now();
  }
  await closeChannel(channel);
  return moved;
}

async function publishAll(channel: ConfirmChannel, exchange: string, batch: readonly ConsumeMessage[]): Promise<void> {
  for (const { fields, properties, content } of batch)
    channel.publish(exchange, fields.routingKey, content, asItWas(properties));
  await channel.waitForConfirms();
}

/** Not the user: the broker lets nobody name another. */
function asItWas({ userId: _, headers = {}, ...properties }: ConsumeMessage['properties']): Options.Publish {
  const kept = Object.entries(headers).filter(([name]) => !BROKERS_OWN_HEADER.test(name));
  return { ...(properties as Options.Publish), headers: Object.fromEntries(kept), mandatory: true, persistent: true };
}

function noTarget({ from, exchange }: Moving, count: number): BrokerError {
  return new BrokerError('topology_mismatch', `${count} messages of "${from}" found no queue behind "${exchange}"`, {
    field: from,
    hint: 'Somebody has unbound it meanwhile. Nothing is lost: run the migration again.',
  });
}
