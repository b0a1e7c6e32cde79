import { DynamicModule, Module } from '@nestjs/common';
import { type AppConfig, HealthModule, MetricsModule, type Secret } from '@scutwork/app';
import { JobsHealthIndicator, JobsModule } from '@scutwork/jobs/nest';
import { jobs } from '@scutwork/workers/jobs';
import type { Logger } from 'pino';
import { AccessModule } from './auth/access.module';
import { LedgerHealth } from './health/ledger-health';
import { JobServiceModule } from './job-service/job-service.module';
import { LedgerModule } from './ledger/ledger.module';
import { LEDGER } from './ledger/tokens';
import { LiveModule } from './live/live.module';
import { scheduleMetrics } from './metrics/schedule-metrics';
import { RestModule } from './rest/rest.module';
import { BROKER_DEADLINE_MS } from './schemas/limits';

@Module({})
export class ProducerModule {
  static with(config: AppConfig, log: Logger, token: Secret): DynamicModule {
    const { amqpUrls: urls, prefix } = config;
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
        LedgerModule.for(config, log),
        JobServiceModule.with(config),
        RestModule.over(AccessModule.for(config, log, token), LiveModule.with(log)),
        MetricsModule.for({ inject: [LEDGER], measure: scheduleMetrics }),
        HealthModule.for({
          inject: [JobsHealthIndicator, LedgerHealth],
          checks: (broker, ledger) => [
            () => broker.broker(),
            () => ledger.ledger(),
            () => ledger.inboxBacklog(),
            () => ledger.queues(),
            () => ledger.schedules(),
          ],
        }),
      ],
    };
  }
}
