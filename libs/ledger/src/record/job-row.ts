import type { DeadReason, Failure, JobState, Priority, ResolvedBackoff } from '@scutwork/jobs';

/** States that a row can hold. `accepted`, `cancelling` and `stalled` are derived when it is read. */
type StoredState = Exclude<JobState, 'accepted' | 'cancelling' | 'stalled'>;

/** One known run of a job. Generation, attempt, start and worker tell it from all others: a crash and its redelivery are two. */
export interface Run {
  generation: number;
  attempt: number;
  delivery: number;
  worker: string;
  /** Milliseconds since 1970. */
  startedAt: number;
  endedAt?: number;
  end?: RunEnd;
  /** Of the newest failed run with its stack, of older ones without. */
  failure?: Failure;
  /** For a run that is to be tried again. */
  delayMs?: number;
}

type RunEnd = 'completed' | 'retrying' | 'dead' | 'cancelled';

/**
 * What the ledger knows of one job. Times are milliseconds since 1970. What is undefined is not known (yet).
 *
 * It is a join of facts: each member says how two values of it become one, so the order in which facts arrive, and how
 * often, changes nothing (`merge.ts`).
 */
export interface JobRow {
  id: string;
  key?: string;
  type: string;
  queue: string;
  priority: Priority;
  generation: number;
  /** Reports of generations below this one say nothing of the state any more. */
  baseGeneration: number;
  state: StoredState;
  attempt: number;
  delivery: number;
  /** Generation and time of the fact that made the state. */
  stateGeneration: number;
  stateAt: number;
  /** Step of that fact among those of the same millisecond. */
  stateStep: number;
  maxAttempts?: number;
  timeoutMs?: number;
  backoff?: ResolvedBackoff;
  expiresAt?: number;
  payload?: string;
  /** Of the payload. 1 where it is missing. */
  version?: number;
  result?: string;
  progress?: string;
  /** Place of the progress among all that the job said. */
  progressPlace?: string;
  error?: Failure;
  deadReason?: DeadReason;
  runs: Run[];
  tags?: string[];
  tenant?: string;
  correlationId?: string;
  group?: string;
  schedule?: string;
  scheduledFor?: number;
  flow?: string;
  traceparent?: string;
  worker?: string;
  origin: Origin;
  createdAt: number;
  /** When it was submitted, by the fact that counts; undefined while none is known. */
  submittedAt?: number;
  dueAt?: number;
  startedAt?: number;
  finishedAt?: number;
  cancelRequestedAt?: number;
  keepMs?: number;
  /** The unique key it was submitted with, with its type before it. */
  uniqueKey?: string;
}

export type Origin = 'client' | 'api' | 'foreign' | 'schedule';
