import type { Effect } from '../change';

/** Markers that have come out of their work queues: the ledger judges by them when it is sure of the rest. */
export const noteProbes: Effect = async (tx, _changes, facts) => {
  for (const fact of facts) {
    if (fact.event !== 'queue.probed') continue;
    await tx.query('update probes set reported_at = now(), held = $2 where id = $1 and reported_at is null', [
      fact.probe,
      fact.held,
    ]);
  }
};
