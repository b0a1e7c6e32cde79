import * as advancing from '../../../libs/ledger/src/schedules/advance';
import { everyNth } from './every-nth';
import { replace } from './replace';

/** One moment of three is passed over, and nobody is told. */
export function missedTick(): void {
  const isMissed = everyNth(3);
  replace(advancing, 'advance', (advance) => (...given) => {
    const due = advance(...given);
    return due && isMissed() ? { ...due, runs: due.runs.slice(1) } : due;
  });
}
