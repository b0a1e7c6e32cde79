import { type AnyJob, type JobOptions, type UniqueOptions } from '@scutwork/jobs';
import type { Work } from '../jobs';
import type { Expected, Kind } from '../oracle/evidence';

/** A job that the load asks for, and what it must come to. */
export interface Wanted {
  kind: Kind;
  by: 'client' | 'api';
  job: AnyJob;
  payload: Work;
  /** As JSON can have them: they go through the API as well. */
  options: Omit<JobOptions, 'unique' | 'expiresAt' | 'delay'> & {
    unique?: UniqueOptions;
    expiresAt?: string;
    delay?: number;
  };
  expected: Expected;
  /** What is done to it once it is accepted. */
  then?: Follow;
}

export type Follow =
  { kind: 'cancel'; afterMs: number } | { kind: 'promote' | 'reschedule' | 'priority'; afterMs: number };
