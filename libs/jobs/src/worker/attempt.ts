import { TimeoutError } from '../contracts/errors';
import { type JobEvent, type LogLevel } from '../contracts/job-events';
import type { Priority } from '../contracts/job-type';
import { toJsonText } from '../contracts/json';
import type { JobContext } from './context';
import { LINES_PER_ATTEMPT, LINES_PER_SECOND, LogAllowance, boundedFields, boundedMessage } from './log-allowance';
import { type Run, idOf } from './run';

/** What a running attempt needs from its worker. */
export interface AttemptHost {
  now(): number;
  after(delayMs: number, action: () => void): () => void;
  note(event: JobEvent): void;
  worker: string;
}

/** The context of one running attempt, and its clock. */
export class Attempt implements JobContext {
  private controller: AbortController | undefined;
  private aborted: Error | undefined;
  private stopTimer: (() => void) | undefined;
  private onTimeout: (() => void) | undefined;
  private said = 0;
  private readonly logging = new LogAllowance();

  constructor(
    private readonly run: Run,
    private readonly host: AttemptHost,
  ) {}

  get id(): string {
    return idOf(this.run);
  }
  get key(): string | undefined {
    return this.run.job.identity?.key;
  }
  get type(): string {
    return this.run.job.type;
  }
  get queue(): string {
    return this.run.place.queue;
  }
  get priority(): Priority {
    return this.run.job.priority;
  }
  get attempt(): number {
    return this.run.job.attempt;
  }
  get maxAttempts(): number {
    return this.run.policy.maxAttempts;
  }
  get tags(): readonly string[] {
    return this.run.job.tags ?? [];
  }
  get tenant(): string | undefined {
    return this.run.job.tenant;
  }
  get correlationId(): string | undefined {
    return this.run.job.correlationId;
  }
  get schedule(): string | undefined {
    return this.run.job.schedule;
  }
  get scheduledFor(): Date | undefined {
    const { scheduledForMs } = this.run.job;
    return scheduledForMs === undefined ? undefined : new Date(scheduledForMs);
  }
  get traceparent(): string | undefined {
    return this.run.job.traceparent;
  }

  /** Made on first use: most handlers never look at it, and it is the dearest part of a context. */
  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.aborted) this.controller.abort(this.aborted);
    }
    return this.controller.signal;
  }

  progress(value: unknown): void {
    const progress = toJsonText(value);
    if (progress !== undefined) this.note({ event: 'progressed', progress });
  }

  log(level: LogLevel, message: string, fields?: Record<string, unknown>): void {
    const { allowed, leftOut } = this.logging.ask(this.host.now());
    if (leftOut > 0) this.tellLeftOut(leftOut);
    if (allowed) this.line(level, boundedMessage(message), fields);
  }

  heartbeat(): void {
    if (this.stopTimer) this.startTimer();
  }

  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = reason;
    this.controller?.abort(reason);
  }

  /** Calls `onTimeout` once the attempt has run for its timeout, counted from here or from the last heartbeat. */
  watch(onTimeout: () => void): void {
    this.onTimeout = onTimeout;
    this.startTimer();
  }

  /** The attempt has ended. */
  unwatch(): void {
    this.stopTimer?.();
    this.stopTimer = undefined;
    const leftOut = this.logging.end();
    if (leftOut > 0) this.tellLeftOut(leftOut);
  }

  private tellLeftOut(lines: number): void {
    this.line(
      'warn',
      `${lines} lines of this log were left out: a job may write ${LINES_PER_SECOND} a second, and ${LINES_PER_ATTEMPT} in one attempt`,
    );
  }

  private line(level: LogLevel, message: string, fields?: Record<string, unknown>): void {
    this.note({ event: 'logged', level, message, fields: fields && boundedFields(fields) });
  }

  private startTimer(): void {
    this.stopTimer?.();
    this.stopTimer = this.host.after(this.run.policy.timeoutMs, () => {
      this.stopTimer = undefined;
      this.abort(new TimeoutError(this.run.policy.timeoutMs));
      this.onTimeout?.();
    });
  }

  private note(
    said:
      | Omit<Extract<JobEvent, { event: 'progressed' }>, keyof RunFacts | 'seq'>
      | Omit<Extract<JobEvent, { event: 'logged' }>, keyof RunFacts | 'seq'>,
  ): void {
    this.host.note({ ...runFacts(this.run, this.host.worker, this.host.now()), ...said, seq: ++this.said });
  }
}

type RunFacts = ReturnType<typeof runFacts>;

/** What every event about a run says of it. */
export function runFacts(run: Run, worker: string, at: number) {
  const { job, message } = run;
  return {
    id: idOf(run),
    key: job.identity?.key,
    type: job.type,
    generation: job.generation,
    at,
    attempt: job.attempt,
    delivery: message.deliveryCount,
    worker,
    traceparent: job.traceparent,
  };
}
