import { again, onCluster } from './on-cluster';

/** The node that leads the busiest queue: another has to be chosen while jobs come. */
export const fault = onCluster(async (cluster, { stage }) => {
  const name = await cluster.leaderOf(stage.names.work('work', 'normal'));
  await cluster.node(name).kill();
  return { whom: `node ${name}, which led the busiest queue`, heal: () => again(cluster, name) };
});
