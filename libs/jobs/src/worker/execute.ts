import type { Delivery } from '../broker/delivery';
import { decide } from '../retry/decide';
import { perform } from './perform';
import { read } from './read';
import type { Place, Run } from './run';
import { screen } from './screen';
import type { Workshop } from './workshop';

/**
 * The way of one job through a worker. Read this first.
 *
 * read → is it running here already? → screen (unreadable, nameless, suspect, revoked, early, expired, paused, unknown) →
 * perform (validate, call the handler under its timeout) → decide → settle.
 *
 * It resolves when the slot is free again: settling goes on behind it, in groups.
 */
export async function execute(delivery: Delivery, place: Place, shop: Workshop): Promise<void> {
  const run = read(delivery, place, shop.settings);
  const standing = shop.runs.enter(run);
  if (standing === 'settled') return shop.settler.acknowledge(delivery);
  if (standing !== run) return shop.settler.resume(standing);

  const refused = screen(run, shop.settings, shop.control);
  if (refused) return shop.settler.settle(run, refused);

  const end = await perform(run, shop.host);
  if (end.ended === 'withheld') return handBack(run, shop);
  if (run.cancelled && end.ended === 'threw') return shop.settler.settle(run, { kind: 'cancelled', cancel: 'cancel' });
  if (run.handedBack && end.ended === 'threw') return handBack(run, shop);
  shop.settler.settle(run, decide(end, run.job.attempt, run.policy, shop.decider));
}

/** It comes again, and is judged anew. That is no death of its worker, which is what a return of a suspect is taken for. */
function handBack(run: Run, shop: Workshop): void {
  if (run.place.suspect) return shop.settler.settle(run, { kind: 'returned' });
  for (const delivery of run.deliveries) delivery.requeue();
  shop.runs.leave(run, false);
}
