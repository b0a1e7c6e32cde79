import type { ResolvedBackoff } from './backoff';
import type { CancelKind } from './control';
import type { JsonText } from './json';
import type { Priority } from './job-type';
import type { DeadReason, DeferReason, Failure } from './outcome';

/** Which run of which job an event speaks of. */
interface OfJob {
  id: string;
  /** The custom or foreign id that `id` was made from. */
  key?: string;
  type: string;
  /** Raised by the ledger when it moves or redrives a job; 0 at first. */
  generation: number;
  /** Milliseconds since 1970, by the clock of whoever states the fact. */
  at: number;
  /** W3C trace context of the submitter. */
  traceparent?: string;
}

interface OfRun extends OfJob {
  /** 1 for the first attempt. */
  attempt: number;
  /** How often this attempt had been delivered before: a crash raises it, a retry sets it back to 0. */
  delivery: number;
  worker: string;
}

interface OfEndedRun extends OfRun {
  /** Milliseconds since 1970; absent when the handler was never called. */
  startedAt?: number;
}

/** What a job was submitted with: enough to publish it again. */
export interface Submission {
  priority: Priority;
  payload: JsonText;
  /** Of the payload. 1 where it is missing. */
  version?: number;
  maxAttempts?: number;
  backoff?: ResolvedBackoff;
  timeoutMs?: number;
  /** Milliseconds since 1970. */
  expiresAt?: number;
  tags?: string[];
  tenant?: string;
  correlationId?: string;
  group?: string;
  schedule?: string;
  /** The moment of the schedule, in milliseconds since 1970. */
  scheduledFor?: number;
  flow?: string;
  /** Whoever submitted it. Default: a schedule where there is one, else a client of this library. */
  origin?: 'client' | 'api' | 'foreign' | 'schedule';
}

/**
 * Facts about jobs, past tense. They go to the subscribers of the event bus in this process (logs, metrics) and, as
 * records, to `jobs.records` for the ledger. Subscribers only observe: what must happen is a step of the pipeline.
 */
export type JobEvent =
  | (OfJob & Submission & { event: 'submitted'; delayMs: number })
  | (OfRun & { event: 'started' })
  | (OfRun & { event: 'progressed'; progress: JsonText; seq: number })
  /** `seq` counts what this run has said, from 1: a line that is told twice is one line. */
  | (OfRun & { event: 'logged'; level: LogLevel; message: string; fields?: JsonText; seq: number })
  | (OfEndedRun & { event: 'completed'; result?: JsonText })
  | (OfEndedRun & { event: 'retrying'; delayMs: number; failure: Failure })
  | (OfEndedRun & { event: 'dead'; reason: DeadReason; failure: Failure; payload?: JsonText })
  | (OfEndedRun & { event: 'expired' })
  /** Not run, or its signal aborted, because the ledger had revoked it. */
  | (OfEndedRun & { event: 'cancelled'; cancel: CancelKind })
  | (OfEndedRun & { event: 'deferred'; delayMs: number; reason: DeferReason })
  | (OfEndedRun & { event: 'suspected'; deliveries: number })
  | (OfEndedRun & Submission & { event: 'adopted' });

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Facts about this process: its broker, its worker, its schedules. */
export type SystemEvent =
  | { event: 'broker.connected'; url: string; version: string }
  | { event: 'broker.disconnected'; reason: string }
  | { event: 'broker.blocked'; reason: string }
  | { event: 'broker.unblocked' }
  /** It works, but without something it relies on for speed. */
  | { event: 'broker.degraded'; reason: string }
  | { event: 'channel.closed'; queue?: string; reason: string }
  /** The receiver of a delivery threw; the message stays unsettled until its channel ends. */
  | { event: 'delivery.failed'; queue: string; reason: string }
  | { event: 'topology.drifted'; difference: string }
  | { event: 'worker.started'; worker: string; queues: string[] }
  | { event: 'worker.stopped'; worker: string; handedBack: number }
  | {
      event: 'worker.seen';
      worker: string;
      at: number;
      queues: string[];
      types: string[];
      /** Every job that runs here or whose outcome is not confirmed yet. */
      running: string[];
      /** Jobs delivered here that have not started. */
      held: number;
      /** Their ids, unless they are too many to say. */
      heldJobs?: string[];
      /** Of each queue: how many of its jobs run here at most, and how many do at this moment. */
      slots?: Record<string, { most: number; taken: number }>;
      /** Milliseconds since 1970 at which the worker was started. */
      startedAt: number;
      /** The last version of the control stream that is in force here; undefined where there is no ledger. */
      controlVersion?: number;
      /** It stops: the last that is heard of it. */
      leaving?: boolean;
    }
  /** A marker that the ledger had put into a work queue has come out of it: what was before it has been delivered. */
  | {
      event: 'queue.probed';
      worker: string;
      at: number;
      queue: string;
      priority: Priority;
      /** The marker's id. */
      probe: string;
      /** Jobs of this queue delivered here that have not been settled, running ones included. */
      held: string[];
    }
  /** All that the ledger has put in force, up to this version, is known here: jobs may start. */
  | { event: 'control.reached'; version: number }
  /** A message of the control stream that cannot be read; the next snapshot makes up for it. */
  | { event: 'control.skipped'; reason: string }
  /** The control stream cannot be read; it is tried again, and no job is started meanwhile. */
  | { event: 'control.failed'; reason: string }
  /** A client cannot read which queues are full, and refuses nothing for it; it is tried again. */
  | { event: 'backlog.unknown'; reason: string }
  | { event: 'queue.paused'; worker: string; queue: string; handedBack: number }
  | { event: 'queue.resumed'; worker: string; queue: string }
  /** No job is started until the broker has confirmed a heartbeat again: the ledger may have counted this worker out. */
  | { event: 'lease.lost'; worker: string; reason: string }
  | { event: 'lease.regained'; worker: string }
  | { event: 'worker.spooled'; worker: string; outcomes: number }
  | { event: 'worker.unspooled'; worker: string; outcomes: number }
  | { event: 'record.failed'; reason: string }
  /** Listeners on `jobs.events` are slower than what happens: how many of the oldest they were not told. */
  | { event: 'announcements.left_out'; announcements: number }
  | { event: 'settle.failed'; id: string; reason: string }
  | { event: 'signal.ignored'; id: string; type: string; attempt: number; runningMs: number }
  /** The ledger has been told that a schedule is due; it makes one job of it, whoever else tells it. */
  | { event: 'schedule.ticked'; schedule: string; instant: number; lateMs: number }
  /** A tick could not be told to the ledger; it finds out by itself, some seconds later. */
  | { event: 'schedule.failed'; schedule: string; instant: number; reason: string }
  /** The schedules of this process are known to the ledger. */
  | { event: 'schedules.registered'; schedules: string[] }
  /** They could not be told to it; this is tried again. */
  | { event: 'schedules.unregistered'; reason: string };

/**
 * A line that the ledger puts into its own inbox. What it reads after it was told later: so it knows whether silence is
 * a worker's, or its own.
 */
export interface LedgerPulse {
  event: 'ledger.pulse';
  /** Which producer sent it. */
  producer: string;
  /** Counts up every 5 s; 0 does not count, but tells how far the inbox has been read. */
  number: number;
  /** Milliseconds since 1970 by the database's clock. */
  at: number;
}

/** What is told to the ledger. */
export type RecordedEvent = JobEvent | Extract<SystemEvent, { event: 'worker.seen' | 'queue.probed' }> | LedgerPulse;

export type ScutworkEvent = JobEvent | SystemEvent;
export type EventName = ScutworkEvent['event'];
