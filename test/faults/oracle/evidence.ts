import type { JobState } from '@scutwork/jobs';
import type { Rhythm } from '../jobs';
import type { RunLine } from '../record/run-record';
import type { Exit, Span } from '../stage/slot';

type FinalState = Extract<JobState, 'completed' | 'dead' | 'cancelled' | 'expired'>;

/** Kinds of load. */
export type Kind =
  | ('plain' | 'retried' | 'dead' | 'delayed' | 'expiring' | 'unique')
  | ('cancelled' | 'moved' | 'paused' | 'held' | 'gone' | 'capped' | 'scheduled');

/** What the submitter knows of one job. Times are milliseconds since 1970, by the one clock of the machine. */
export interface Submission {
  id: string;
  kind: Kind;
  by: 'client' | 'api';
  /** When it was first asked for. */
  sentAt: number;
  /** How often it was asked for, always by this id. */
  asked: number;
  answer: 'accepted' | 'duplicate' | 'unknown';
  answeredAt?: number;
  /** Of a unique job. */
  uniqueKey?: string;
  /** The job that stands in place of a duplicate. */
  standing?: string;
  expected: Expected;
  /** When somebody was told that it is cancelled. */
  cancelledAt?: number;
  /** It was promoted, rescheduled or given another priority. */
  moved?: boolean;
}

/** How it may end, and on what way. */
export interface Expected {
  ends: readonly FinalState[];
  /** Attempts that it takes when it ends as the first of `ends`. */
  attempts: number;
  /** Not started sooner after `sentAt`. */
  delayMs?: number;
  /** Between the end of an attempt and the start of the next, at least. */
  backoffMs?: number;
  /** Not started any more from here on. */
  expiresAt?: number;
}

/** A row of the ledger when all was over. */
export interface Row {
  id: string;
  key?: string;
  type: string;
  state: string;
  attempt: number;
  schedule?: string;
  /** The moment of its schedule. */
  scheduledFor?: number;
  finished: boolean;
}

/** What the ledger says that it decided of one moment of a schedule. */
export interface Tick {
  schedule: string;
  instant: number;
  outcome: string;
  jobId?: string;
  /** For whoever reads what was kept. */
  reason?: string;
}

/** While every worker had said that the pause is in force there, and nobody had asked for its end. */
export interface Pause {
  queue: string;
  fromMs: number;
  toMs: number;
}

/** A fault as it really struck. */
export interface Struck {
  fault: string;
  whom: string;
  fromMs: number;
  /** When it was mended. */
  toMs: number;
}

/** Most jobs of a queue that run at a time in all workers together. */
export interface Cap {
  queue: string;
  most: number;
}

/** A queue of the broker that should be empty in the end. */
export interface Depth {
  queue: string;
  messages: number;
}

/** All that is known of a campaign when it is over. The oracle needs nothing else. */
export interface Evidence {
  submissions: readonly Submission[];
  runs: readonly RunLine[];
  rows: readonly Row[];
  depths: readonly Depth[];
  pauses: readonly Pause[];
  struck: readonly Struck[];
  /** When the processes were at work. */
  spans: readonly Span[];
  /** Processes that ended by themselves. */
  crashes: readonly string[];
  exits: readonly Exit[];
  /** In force at every worker before a job of its queue was asked for. */
  caps: readonly Cap[];
  ticks: readonly Tick[];
  /** What ticks how, and from when to when each moment must be decided. */
  schedules: { rhythms: Readonly<Record<string, Rhythm>>; fromMs: number; toMs: number };
}
