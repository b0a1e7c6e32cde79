import { NODES } from '../../support/cluster/nodes';
import { again, onCluster } from './on-cluster';

/** One node after the other is stopped in order and started again, as an upgrade does. */
export const fault = onCluster(async (cluster, { random }) => {
  const order = random.shuffled(NODES);
  for (const name of order) await again(cluster, name);
  return { whom: `nodes ${order.join(', ')}`, heal: () => undefined };
});
