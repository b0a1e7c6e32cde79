import type { Delivery } from '../broker/delivery';
import { identityOf } from '../contracts/envelope';
import { type Place, idOf } from './run';
import type { Workshop } from './workshop';

/**
 * A marker that the ledger had put into a work queue has come out of it: what was before it has been delivered, here or
 * elsewhere. The ledger is told what of this queue is here and not settled; the marker is dropped.
 */
export function answerProbe(delivery: Delivery, place: Place, ready: Iterable<Delivery>, shop: Workshop): void {
  const { name, clock } = shop.settings;
  const { queue, priority } = place;
  const running = [...shop.runs.all()].filter((run) => run.place.queue === queue).map(idOf);
  shop.report({
    event: 'queue.probed',
    worker: name,
    at: clock.now(),
    queue,
    priority,
    probe: delivery.message.messageId ?? '',
    held: [...running, ...idsOf(ready)],
  });
  delivery.ack();
}

/** Of the jobs among these that have one. */
export function idsOf(deliveries: Iterable<Delivery>): string[] {
  return [...deliveries].flatMap(({ message }) => identityOf(message)?.id ?? []);
}
