import { type Names, type TopologyPlan, mergePlans, planLedger, planTopology, queueOf } from '@scutwork/jobs';
import { jobs } from '@scutwork/workers/jobs';

/** Queues of the job types that come with Scutwork: AMQP cannot be asked which there are. */
export const ownQueues = (): string[] => [...new Set(jobs.map(({ type }) => queueOf(type)))].sort();

/** All that apps of Scutwork declare on the broker. */
export function planOf(names: Names): TopologyPlan {
  const used = { names, queues: ownQueues() };
  return mergePlans([planTopology(used), planLedger(used)]);
}
