import { BaseRpcContext } from '@nestjs/microservices';
import type { LogLevel } from '../contracts/job-events';
import type { Priority } from '../contracts/job-type';
import type { JobContext } from '../worker/context';

/**
 * What `@Ctx()` gives to a handler, and `host.switchToRpc().getContext()` to guards, interceptors and filters: the
 * whole {@link JobContext} of the attempt.
 *
 * @example
 * \@JobHandler(Welcome)
 * welcome(\@Payload() payload: PayloadOf<typeof Welcome>, \@Ctx() job: JobRpcContext) { job.progress(50); }
 */
export class JobRpcContext extends BaseRpcContext<[JobContext]> implements JobContext {
  constructor(private readonly job: JobContext) {
    super([job]);
  }

  /** The job's type, as other transports' contexts call it. */
  getPattern(): string {
    return this.job.type;
  }

  get id(): string {
    return this.job.id;
  }
  get key(): string | undefined {
    return this.job.key;
  }
  get type(): string {
    return this.job.type;
  }
  get queue(): string {
    return this.job.queue;
  }
  get priority(): Priority {
    return this.job.priority;
  }
  get attempt(): number {
    return this.job.attempt;
  }
  get maxAttempts(): number {
    return this.job.maxAttempts;
  }
  get tags(): readonly string[] {
    return this.job.tags;
  }
  get tenant(): string | undefined {
    return this.job.tenant;
  }
  get correlationId(): string | undefined {
    return this.job.correlationId;
  }
  get schedule(): string | undefined {
    return this.job.schedule;
  }
  get scheduledFor(): Date | undefined {
    return this.job.scheduledFor;
  }
  get traceparent(): string | undefined {
    return this.job.traceparent;
  }
  get signal(): AbortSignal {
    return this.job.signal;
  }

  progress(value: unknown): void {
    this.job.progress(value);
  }
  log(level: LogLevel, message: string, fields?: Record<string, unknown>): void {
    this.job.log(level, message, fields);
  }
  heartbeat(): void {
    this.job.heartbeat();
  }
}
