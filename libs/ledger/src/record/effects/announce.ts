import type { AnnouncedEvent, Announcer } from '@scutwork/jobs/wire';
import { afterCommit } from '../../store/database';
import type { Change, Effect } from '../change';
import { stateCondition } from '../../query/state-of';
import { UNKNOWN_TYPE } from '../merge';
import type { OnGone } from './pulse';

/** Tells anyone who listens on `jobs.events` what was committed. A producer that is killed before it has told loses it. */
export function announceChanges(announcer: Pick<Announcer, 'announce'>): Effect {
  return async (tx, changes) => {
    if (changes.length > 0) afterCommit(tx, () => changes.forEach((change) => announce(announcer, change)));
  };
}

/** Jobs that ran on workers that are gone have changed in no row, and run again when the broker gives them to another. */
export function announceStalled(announcer: Pick<Announcer, 'announce'>): OnGone {
  return async (tx, workers) => {
    const { rows } = await tx.query<Stalled>(STALLED, [workers]);
    const stalled = { event: 'stalled', state: 'stalled' } as const;
    afterCommit(tx, () => {
      for (const { key, ...job } of rows) announcer.announce({ ...stalled, key: key ?? undefined, ...job });
    });
  };
}

interface Stalled {
  id: string;
  key: string | null;
  type: string;
  attempt: number;
  at: number;
}

const STALLED = `
select id, key, type, attempt, round(extract(epoch from now()) * 1000)::float8 as at
from jobs t where worker = any($1) and ${stateCondition('stalled')}`;

function announce(announcer: Pick<Announcer, 'announce'>, change: Change): void {
  const { id, key, type, state, attempt, stateAt: at, progress } = change.after;
  if (type === UNKNOWN_TYPE) return;
  for (const event of eventsOf(change)) {
    announcer.announce({
      event,
      id,
      key,
      type,
      state,
      attempt,
      at,
      progress: state === 'active' ? progress : undefined,
    });
  }
}

/** Of what came to the ledger at once the last is told: a job that is heard of when it has ended was submitted, and ended. */
function eventsOf({ before, after }: Change): AnnouncedEvent[] {
  const isNew = before === undefined || before.type === UNKNOWN_TYPE;
  const first: AnnouncedEvent[] = isNew ? ['submitted'] : [];
  const isSame = before?.state === after.state;
  switch (after.state) {
    case 'waiting':
    case 'delayed':
    case 'blocked':
      return isNew || isSame ? first : [after.state];
    case 'active':
      if (!isSame || before.attempt !== after.attempt) return [...first, 'started'];
      return before.progress === after.progress ? first : ['progress'];
    case 'retrying':
      return isSame && before.attempt === after.attempt ? first : [...first, 'retrying'];
    case 'completed':
    case 'dead':
    case 'cancelled':
    case 'expired':
      return isSame ? first : [...first, after.state];
  }
}
