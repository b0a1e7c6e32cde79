import * as plans from '../../../libs/jobs/src/topology/plan';
import { replace } from './replace';

/** The broker gives a message up that came back five times, whoever was to blame. */
export function deliveryLimit(): void {
  replace(plans, 'planTopology', (planTopology) => (options) => {
    const plan = planTopology(options);
    const limited = (queue: (typeof plan.queues)[number]): (typeof plan.queues)[number] =>
      queue.arguments['x-delivery-limit'] === 1_000
        ? { ...queue, arguments: { ...queue.arguments, 'x-delivery-limit': 5 } }
        : queue;
    return { ...plan, queues: plan.queues.map(limited) };
  });
}
