import type { LogLevel } from '../contracts/job-events';
import type { Priority } from '../contracts/job-type';

/** What a handler knows of its job and may say about it. */
export interface JobContext {
  /** UUID of the job. The same for every attempt: use it to make a handler safe to run twice. */
  readonly id: string;
  /** The custom or foreign id, when somebody chose one. */
  readonly key: string | undefined;
  readonly type: string;
  readonly queue: string;
  readonly priority: Priority;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly tags: readonly string[];
  readonly tenant: string | undefined;
  readonly correlationId: string | undefined;
  /** Name of the schedule that made this job. */
  readonly schedule: string | undefined;
  /** The moment of the schedule that the job is for, which may be long past when it was missed. */
  readonly scheduledFor: Date | undefined;
  /** W3C trace context of the submitter. */
  readonly traceparent: string | undefined;
  /** Aborts when the attempt times out, the job is cancelled or the worker must stop; its reason says which. Pass it on to fetch and the like. */
  readonly signal: AbortSignal;
  /**
   * Tells how far the job is: a share from 0 to 100, or any JSON value.
   * @example ctx.progress(40)
   */
  progress(value: unknown): void;
  /**
   * Writes a line to the job's own log.
   * @example ctx.log('info', 'sent', { to })
   */
  log(level: LogLevel, message: string, fields?: Record<string, unknown>): void;
  /** Says that the attempt is alive: its timeout starts anew. */
  heartbeat(): void;
}
