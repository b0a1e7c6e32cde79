import { newJobId } from '@scutwork/jobs';
import * as making from '../../../libs/ledger/src/schedules/make-jobs';
import { replace } from './replace';

/** Each moment of a schedule makes two jobs. */
export function doubleTick(): void {
  replace(making, 'makeJobs', (makeJobs) => (tx, entries, ...rest) => {
    const again = entries.map((entry) => ({ ...entry, identity: { ...entry.identity, id: newJobId() } }));
    return makeJobs(tx, [...entries, ...again], ...rest);
  });
}
