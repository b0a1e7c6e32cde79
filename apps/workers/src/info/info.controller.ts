import { Controller, Get, Inject } from '@nestjs/common';
import { JobServer, JobsRegistry } from '@scutwork/jobs/nest';

/** Token of the worker's name, as records and heartbeats have it. */
export const WORKER_NAME = Symbol('worker-name');

/** What this process works, for whoever started it. */
@Controller('info')
export class InfoController {
  constructor(
    private readonly server: JobServer,
    private readonly registry: JobsRegistry,
    @Inject(WORKER_NAME) private readonly worker: string,
  ) {}

  @Get()
  info(): unknown {
    const queues = this.server.worker?.queues() ?? [];
    return {
      queues: queues.map(({ name, concurrency, prefetch, mode }) => ({ name, concurrency, prefetch, mode })),
      worker: this.worker,
      types: this.registry.handlers.all().map(({ type }) => type),
    };
  }
}
