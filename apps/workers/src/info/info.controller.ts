import { Controller, Get } from '@nestjs/common';
import { JobServer, JobsRegistry } from '@scutwork/jobs/nest';

/** What this process works, for whoever started it. */
@Controller('info')
export class InfoController {
  constructor(
    private readonly server: JobServer,
    private readonly registry: JobsRegistry,
  ) {}

  @Get()
  info(): unknown {
    const queues = this.server.worker?.queues() ?? [];
    return {
      queues: queues.map(({ name, concurrency, prefetch, mode }) => ({ name, concurrency, prefetch, mode })),
      types: this.registry.handlers.all().map(({ type }) => type),
    };
  }
}
