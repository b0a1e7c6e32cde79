import { randomBytes } from 'node:crypto';
import type { Channel } from 'amqplib';
import { amqpBroker } from '../../libs/jobs/src/broker/amqp/amqp-broker';
import type { Broker } from '../../libs/jobs/src/broker/broker';
import { type BrokerTestWorld, until } from '../../libs/jobs/src/broker/conformance/world';
import { systemClock } from '../../libs/jobs/src/lifecycle/clock';
import { namesFor } from '../../libs/jobs/src/topology/names';
import type { TopologyPlan } from '../../libs/jobs/src/topology/plan';
import { onChannel } from './on-channel';
import { sharedBroker } from './private-broker';
import { ackOfUnknownTag } from './queue-internals';
import { startTcpGate, through } from './tcp-gate';

type Role = NonNullable<Parameters<BrokerTestWorld['connect']>[0]>;

/** What every prefix of these worlds matches. */
export const TEST_PREFIXES = 't[0-9a-f]{10}';
const testPrefix = (): string => `t${randomBytes(5).toString('hex')}`;

/**
 * RabbitMQ for one test: clients reach the shared broker through a gate of the test's own, so that its cuts reach
 * nobody else; its names are its own, and what it declared is deleted afterwards.
 *
 * @param users addresses for who connects as one of these roles; else everybody is the owner of the broker
 */
export async function rabbitMqTestWorld(users: Partial<Record<Role, string>> = {}): Promise<BrokerTestWorld> {
  const { url, ctl } = sharedBroker();
  const address = new URL(url);
  const gate = await startTcpGate(address.hostname, Number(address.port || 5672));
  const gated = (whose: string): string => through(whose, gate);
  const brokers: Broker[] = [];
  const plans: TopologyPlan[] = [];
  const names = namesFor(testPrefix());

  const world: BrokerTestWorld = {
    ...{ names, movesTime: false, clock: systemClock },
    advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    async connect(as) {
      const user = (as && users[as]) ?? url;
      const broker = amqpBroker({ urls: [gated(user)], names, reconnectMs: 50 });
      brokers.push(noting(broker, plans));
      await broker.start();
      await until(world, 'the connection', () => broker.state.name === 'connected');
      return broker;
    },
    dropConnections: async () => gate.cut(),
    goAway: async () => gate.shut(),
    comeBack: async () => gate.open(),
    closeChannel: async (queue) => {
      await ctl('eval', ackOfUnknownTag(queue));
    },
    deleteQueue: (queue) => onChannel(url, (channel) => channel.deleteQueue(queue)),
    async close() {
      gate.open();
      await Promise.all(brokers.map((broker) => broker.stop({ deadlineMs: 1_000 })));
      await gate.close();
      await onChannel(url, (channel) => removeAll(channel, plans));
    },
  };
  return world;
}

/** The same broker, with a note of everything it declares. */
function noting(broker: Broker, plans: TopologyPlan[]): Broker {
  const apply = broker.apply.bind(broker);
  broker.apply = (plan) => {
    plans.push(plan);
    return apply(plan);
  };
  return broker;
}

async function removeAll(channel: Channel, plans: readonly TopologyPlan[]): Promise<void> {
  const queues = new Set(plans.flatMap((plan) => plan.queues.map((queue) => queue.name)));
  const exchanges = new Set(plans.flatMap((plan) => plan.exchanges.map((exchange) => exchange.name)));
  await Promise.all([...queues].map((queue) => channel.deleteQueue(queue)));
  await Promise.all([...exchanges].map((exchange) => channel.deleteExchange(exchange)));
}
