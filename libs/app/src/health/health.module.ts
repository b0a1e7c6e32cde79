import {
  Controller,
  DynamicModule,
  Get,
  Inject,
  InjectionToken,
  Module,
  Res,
  ServiceUnavailableException,
} from '@nestjs/common';
import { HealthCheck, HealthCheckService, HealthIndicatorFunction, TerminusModule } from '@nestjs/terminus';
import { OpenToAll } from './open-to-all';

const HEALTH_CHECKS = Symbol('health-checks');

/** What of Fastify's reply is needed here. */
interface Reply {
  code(status: number): unknown;
}

/** `/health` and `/health/ready` tell what each part does; `/health/live` only that the process lives. Open to all. */
@Controller('health')
@OpenToAll()
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    @Inject(HEALTH_CHECKS) private readonly checks: HealthIndicatorFunction[],
  ) {}

  @Get()
  @HealthCheck()
  all(@Res({ passthrough: true }) reply: Reply): Promise<unknown> {
    return this.ready(reply);
  }

  @Get('live')
  live(): unknown {
    return { status: 'ok' };
  }

  /** The body is the same at 200 and 503, whatever error format the app has otherwise. */
  @Get('ready')
  @HealthCheck()
  async ready(@Res({ passthrough: true }) reply: Reply): Promise<unknown> {
    try {
      return await this.health.check(this.checks);
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      reply.code(503);
      return error.getResponse();
    }
  }
}

export interface HealthOptions<Parts extends unknown[]> {
  /** Modules that export what is injected, where they are not global. */
  imports?: DynamicModule[];
  /** Whose health it is. */
  inject: { [K in keyof Parts]: InjectionToken<Parts[K]> };
  checks: (...parts: Parts) => HealthIndicatorFunction[];
}

/**
 * Health endpoints by Terminus.
 * @example HealthModule.for({ inject: [JobsHealthIndicator], checks: (jobs) => [() => jobs.broker()] })
 */
@Module({})
export class HealthModule {
  static for<Parts extends unknown[]>({ imports = [], inject, checks }: HealthOptions<Parts>): DynamicModule {
    return {
      module: HealthModule,
      // A probe comes every few seconds: what it finds is in its answer, and what has changed is in the log already.
      imports: [...imports, TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
      providers: [{ provide: HEALTH_CHECKS, inject, useFactory: checks }],
    };
  }
}
