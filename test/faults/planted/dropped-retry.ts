import * as followUps from '../../../libs/jobs/src/worker/follow-up';
import { everyNth } from './every-nth';
import { replace } from './replace';

/** One retry of ten is never published. */
export function droppedRetry(): void {
  const isDropped = everyNth(10);
  replace(followUps, 'followUp', (followUp) => (run, outcome, ...rest) => {
    const message = followUp(run, outcome, ...rest);
    return outcome.kind === 'retry' && isDropped() ? undefined : message;
  });
}
