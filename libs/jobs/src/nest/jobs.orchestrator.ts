import { Inject, Injectable, OnApplicationBootstrap, OnApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import { BrokerError } from '../contracts/errors';
import type { ScheduleRegistration } from '../scheduling/register';
import { JOBS_RUNTIME } from './jobs.constants';
import { JobsExplorer } from './jobs.explorer';
import type { JobsRuntime } from './jobs-runtime';

/**
 * Starts the client when the application has booted, and drains the worker first of all when it shuts down.
 *
 * Lives in the module that is imported, which is not global: Nest ends global modules last, and modules in the order of
 * their distance from the root. So what handlers need (a pool of database connections, say) is still there while
 * running jobs end, as long as its module is global, imported before this one, or closes in a later hook than
 * `onModuleDestroy`.
 */
@Injectable()
export class JobsOrchestrator implements OnApplicationBootstrap, OnModuleDestroy {
  private declareAgain: NodeJS.Timeout | undefined;
  private registration: ScheduleRegistration | undefined;

  constructor(
    @Inject(JOBS_RUNTIME) private readonly runtime: JobsRuntime,
    private readonly explorer: JobsExplorer,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.runtime.autoStart) await this.startClient();
  }

  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.declareAgain);
    await this.registration?.stop();
    await this.runtime.server.close();
  }

  /**
   * Starts what `autoStart: false` has left alone: the client, and the worker where handlers are connected.
   * @throws BrokerError, ConfigurationError as `Worker.start` does
   */
  async start(): Promise<void> {
    await this.startClient();
    await this.runtime.server.start();
  }

  /** @throws ConfigurationError when two schedules have one name */
  private async startClient(): Promise<void> {
    this.registration ??= this.runtime.registration(this.explorer.schedules());
    await this.runtime.client.start();
    // Not awaited: an app must start while its broker is away.
    void this.declare();
    await this.registration.start();
  }

  /** Makes the queues of the known jobs exist; what is in the way is stated, and looked at again until it is gone. */
  private async declare(): Promise<void> {
    const { client, events } = this.runtime;
    try {
      await client.ensureTopology();
      this.runtime.topologyFault = undefined;
    } catch (error) {
      if (error instanceof BrokerError && error.code === 'client_stopped') return;
      const fault = error instanceof Error ? error : new Error(String(error));
      this.runtime.topologyFault = fault;
      events.emit({ event: 'topology.drifted', difference: fault.message });
      this.declareAgain = setTimeout(() => void this.declare(), DECLARE_AGAIN_MS);
    }
  }
}

const DECLARE_AGAIN_MS = 15_000;

/** Closes the connections when all else has ended: the hooks of others may still add jobs. Lives in the global module. */
@Injectable()
export class JobsCloser implements OnApplicationShutdown {
  constructor(@Inject(JOBS_RUNTIME) private readonly runtime: JobsRuntime) {}

  async onApplicationShutdown(): Promise<void> {
    const { client, broker, server } = this.runtime;
    await server.close();
    await client.stop({ deadlineMs: CLOSING_MS });
    await broker.stop({ deadlineMs: CLOSING_MS });
  }
}

/** For what was added last: it is sent already, and needs its confirm. */
const CLOSING_MS = 2_000;
