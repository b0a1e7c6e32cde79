import { amqpClient, into, publish, queuesPlan, stopAmqpClients, uniqueName } from '../support/amqp-client';
import { type Cluster, startCluster } from '../support/cluster/cluster';
import { NODES, type NodeName } from '../support/cluster/nodes';
import { until } from '../support/until';

/**
 * Until a message gets through again, in milliseconds. The channel that is opened first asks for a leader that is gone:
 * it is refused whatever it sends, until it is replaced.
 */
const BACK_MS = 30_000;

describe('a client that knows three nodes', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 300_000);
  afterAll(async () => {
    await stopAmqpClients();
    await cluster.stop();
  });

  test('goes over to another when the one it is on, which leads its queue, is lost; nothing that was confirmed is', async () => {
    const queue = uniqueName('failover');
    const first = await amqpClient([...cluster.urls]);
    await first.broker.apply(queuesPlan(queue));
    const leader = await cluster.leaderOf(queue);
    const { url } = cluster.node(leader);
    const urls = [url, ...cluster.urls.filter((other) => other !== url)];
    // It begins with the first.
    const { broker } = await amqpClient(urls, { random: () => 0 });
    const confirmed: string[] = [];
    const taken = new Set<string>();
    const publisher = broker.publisher({ deadlineMs: 5_000 });
    const send = async (id: string): Promise<boolean> => {
      const isConfirmed = (await publish(publisher, into(queue, id))) === 'confirmed';
      if (isConfirmed) confirmed.push(id);
      return isConfirmed;
    };
    for (let n = 0; n < 50; n++) await send(`before-${n}`);
    const replicas = await cluster.listQueues('name', 'members');
    expect(NODES.filter((name) => replicas.flat().join().includes(`${name}@`))).toEqual([...NODES]);
    await cluster.node(leader).kill();
    let tries = 0;
    await until('a message that gets through', () => send(`after-${tries++}`), BACK_MS);
    await broker.subscribe({
      queue,
      prefetch: 100,
      onDelivery: (delivery) => {
        taken.add(delivery.message.messageId ?? '');
        delivery.ack();
      },
    });
    await until('all that was confirmed', () => confirmed.every((id) => taken.has(id)), BACK_MS);
  }, 180_000);

  test('is turned away by a node that is cut off, and served by the others', async () => {
    await Promise.all(down(cluster).map((name) => cluster.node(name).restart()));
    await cluster.whole();
    await cluster.partition('b');
    const { broker } = await amqpClient([...cluster.urls], { random: () => 0.5 });
    await until('a connection', () => broker.state.name === 'connected', BACK_MS);
    expect(cluster.within()).toEqual(['a', 'c']);
    await cluster.heal();
    await cluster.whole();
    expect(cluster.within()).toEqual([...NODES]);
  }, 300_000);
});

const down = (cluster: Cluster): NodeName[] => NODES.filter((name) => !cluster.node(name).isRunning());
