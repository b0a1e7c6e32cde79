import { type ClusterOptions, startCluster } from '../../support/cluster/cluster';
import { NODES, type NodeName } from '../../support/cluster/nodes';
import type { RabbitGround } from './ground';

/** Three nodes as the ground of a campaign. What strikes "the broker" strikes one of them, the next each time. */
export async function clusterGround(options: ClusterOptions): Promise<RabbitGround> {
  const cluster = await startCluster(options);
  let turn = 0;
  const next = (): NodeName => NODES[turn++ % NODES.length] ?? 'a';
  const whole = async (name: NodeName): Promise<void> => {
    await cluster.node(name).restart();
    await cluster.whole();
  };
  let killed: NodeName | undefined;
  return {
    cluster,
    brokerUrls: cluster.urls,
    brokerFolders: NODES.map((name) => cluster.node(name).dataDir),
    broker: {
      get url() {
        return cluster.node(cluster.within()[0] ?? 'a').url;
      },
      async ctl(...args) {
        const [command, ...rest] = args;
        if (command !== 'list_queues') return cluster.ctl(...args);
        const rows = await cluster.listQueues(...rest.filter((word) => !word.startsWith('--')));
        return rows.map((row) => row.join('\t')).join('\n');
      },
      async kill() {
        killed = next();
        await cluster.node(killed).kill();
      },
      async restart() {
        await whole(killed ?? next());
        killed = undefined;
      },
      stop: () => cluster.stop(),
    },
  };
}
