import { NODES } from '../../support/cluster/nodes';
import { onCluster } from './on-cluster';

/** It lives and its clients reach it, and it sees neither of the other two. */
export const fault = onCluster(async (cluster, { random }) => {
  const name = random.pick(NODES);
  await cluster.partition(name);
  const heal = async (): Promise<void> => {
    await cluster.heal();
    await cluster.whole();
  };
  return { whom: `node ${name}`, heal };
});
