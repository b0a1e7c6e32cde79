import type { Cluster } from '../../support/cluster/cluster';
import type { NodeName } from '../../support/cluster/nodes';
import type { Stage } from '../stage/stage';
import type { Fault, Scene } from './fault';

/** A fault of a cluster. */
export function onCluster(strike: (cluster: Cluster, scene: Scene) => ReturnType<Fault['strike']>): Fault {
  return {
    impossible: ({ ground }) => (ground.cluster ? undefined : 'there is one node; --cluster starts three'),
    strike: (scene) => strike(clusterOf(scene.stage), scene),
  };
}

/** Starts it again, and waits until all three are one cluster: the next fault must not meet two that are away. */
export async function again(cluster: Cluster, name: NodeName): Promise<void> {
  await cluster.node(name).restart();
  await cluster.whole();
}

function clusterOf({ ground }: Stage): Cluster {
  if (!ground.cluster) throw new Error('there is no cluster');
  return ground.cluster;
}
