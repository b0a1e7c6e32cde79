import type { Delivery } from '@scutwork/jobs';
import type { RecordedEvent } from '@scutwork/jobs/wire';
import { isEnd } from '../record/change';

type FactsOf = (delivery: Delivery) => readonly RecordedEvent[];

/**
 * Submissions whose jobs have mostly not ended yet, in a batch that tells of ends: they come with what is behind it. Of
 * a job that is recorded twice a row is written, read, deleted and written again, which costs PostgreSQL three times as much.
 */
export function beforeTheirEnds(batch: readonly Delivery[], factsOf: FactsOf): ReadonlySet<Delivery> {
  const ended = new Set<string>();
  for (const delivery of batch) {
    for (const fact of factsOf(delivery)) if (isEnd(fact)) ended.add(fact.id);
  }
  if (ended.size === 0) return new Set();
  return new Set(batch.filter((delivery) => isBefore(factsOf(delivery), ended)));
}

function isBefore(facts: readonly RecordedEvent[], ended: ReadonlySet<string>): boolean {
  let open = 0;
  for (const fact of facts) {
    if (fact.event !== 'submitted') return false;
    if (!ended.has(fact.id)) open += 1;
  }
  return open > facts.length / 2;
}
