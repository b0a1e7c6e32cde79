import { DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { type AppConfig, HealthModule } from '@scutwork/app';
import { JobsHealthIndicator, JobsModule } from '@scutwork/jobs/nest';
import { jobs } from '@scutwork/workers/jobs';
import type { Logger } from 'pino';
import { AdminToken } from './auth/admin-token';
import { AdminTokenGuard } from './auth/admin-token.guard';
import { JobsController } from './rest/jobs.controller';
import { BROKER_DEADLINE_MS } from './rest/limits';

@Module({})
export class ProducerModule {
  static with({ amqpUrls: urls, prefix }: AppConfig, log: Logger, token: AdminToken): DynamicModule {
    return {
      module: ProducerModule,
      imports: [
        JobsModule.forRoot({
          urls,
          prefix,
          jobs,
          log,
          appId: 'producer',
          publisher: { deadlineMs: BROKER_DEADLINE_MS },
        }),
        HealthModule.for({
          inject: [JobsHealthIndicator],
          checks: (health) => [() => health.broker()],
        }),
      ],
      controllers: [JobsController],
      providers: [
        { provide: AdminToken, useValue: token },
        { provide: APP_GUARD, useClass: AdminTokenGuard },
      ],
    };
  }
}
