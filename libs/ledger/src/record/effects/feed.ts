import type { Change, Effect } from '../change';

/** One thing that happened to a job, as live clients are told. */
export interface FeedChange {
  id: string;
  type: string;
  queue: string;
  state: string;
  attempt: number;
  /** Milliseconds since 1970. */
  at: number;
  progress?: string;
}

/**
 * What happened, numbered in the order of commits: the number is one row, raised in the transaction, so that nobody who
 * has seen number 5 is told number 4 later.
 */
export const feedChanges: Effect = async (tx, changes) => {
  if (changes.length === 0) return;
  await tx.query(
    `with head as (update heads set value = value + 1 where name = 'feed' returning value)
     insert into feed (seq, changes) select value, $1 from head`,
    [JSON.stringify(changes.map(told))],
  );
};

function told({ after }: Change): FeedChange {
  const { id, type, queue, state, attempt, stateAt: at, progress } = after;
  return { id, type, queue, state, attempt, at, progress: state === 'active' ? progress : undefined };
}
