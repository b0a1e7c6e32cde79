import { NODES } from '../../support/cluster/nodes';
import { again, onCluster } from './on-cluster';

/** One of three machines is lost, and comes back with its disk. */
export const fault = onCluster(async (cluster, { random }) => {
  const name = random.pick(NODES);
  await cluster.node(name).kill();
  return { whom: `node ${name}`, heal: () => again(cluster, name) };
});
