import { Inject, Injectable } from '@nestjs/common';
import { JOBS_RUNTIME } from './jobs.constants';
import type { JobsRuntime } from './jobs-runtime';

/** What Terminus calls a HealthIndicatorResult; written out here so that this library works without Terminus. */
export type JobsHealth<Key extends string> = Record<Key, { status: 'up' | 'down' } & Record<string, unknown>>;

/**
 * Health of this process's broker connection and consumers, for `@nestjs/terminus`. It looks at the living connection:
 * a probe never opens one, and answers at once.
 *
 * @example
 * \@HealthCheck() \@Get('health')
 * check() { return this.health.check([() => this.jobs.broker(), () => this.jobs.consumers()]); }
 */
@Injectable()
export class JobsHealthIndicator {
  constructor(@Inject(JOBS_RUNTIME) private readonly runtime: JobsRuntime) {}

  /** Down while the broker cannot be reached, or its queues are not as they must be. Up, and says so, during its alarm. */
  broker<const Key extends string = 'broker'>(key: Key = 'broker' as Key): JobsHealth<Key> {
    const { broker, topologyFault } = this.runtime;
    const { state } = broker;
    if (topologyFault) return health(key, 'down', { state: state.name, reason: topologyFault.message });
    switch (state.name) {
      case 'connected':
        return health(key, 'up', { state: state.name, version: state.version });
      case 'blocked':
        return health(key, 'up', { state: state.name, version: state.version, reason: state.reason });
      case 'connecting':
        return health(key, 'down', { state: state.name, reason: state.lastError ?? 'not connected yet' });
      case 'stopped':
        return health(key, 'down', { state: state.name, reason: 'the connection was not started, or was stopped' });
    }
  }

  /** Down unless every queue with a handler is consumed just now. */
  consumers<const Key extends string = 'consumers'>(key: Key = 'consumers' as Key): JobsHealth<Key> {
    const { worker } = this.runtime.server;
    if (!worker)
      return health(key, 'down', {
        reason: 'the job transport does not listen: connectJobs(app), then app.startAllMicroservices()',
      });
    const queues = worker.queues().map(({ name }) => name);
    return health(key, worker.consuming() ? 'up' : 'down', { state: worker.state, queues });
  }
}

function health<Key extends string>(key: Key, status: 'up' | 'down', data: Record<string, unknown>): JobsHealth<Key> {
  return { [key]: { status, ...data } } as JobsHealth<Key>;
}
