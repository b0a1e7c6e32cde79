import * as merging from '../../../libs/ledger/src/record/merge';
import { replace } from './replace';

/** Final states do not absorb: what is told late opens the job again. */
export function mergeRuleBroken(): void {
  replace(merging, 'merge', (merge) => (row, fact) => {
    const wasFinished = row !== undefined && merging.isFinished(row);
    const merged = merge(row, fact);
    if (wasFinished && fact.event === 'submitted') merged.state = 'waiting';
    return merged;
  });
}
