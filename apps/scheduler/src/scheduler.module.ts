import { hostname } from 'node:os';
import { DynamicModule, Module } from '@nestjs/common';
import { type AppConfig, HealthModule, MetricsModule } from '@scutwork/app';
import { EventBus, type Schedule, namesFor } from '@scutwork/jobs';
import { JobsHealthIndicator, JobsModule } from '@scutwork/jobs/nest';
import type { Logger } from 'pino';
import { InfoController } from './info.controller';
import { tickerMetrics } from './ticker-metrics';
import { TickerModule } from './ticker.module';
import { TickerService } from './ticker.service';

@Module({})
export class SchedulerModule {
  static with(config: AppConfig, log: Logger, schedules: Schedule[]): DynamicModule {
    const { amqpUrls: urls, prefix, recurring } = config;
    const by = `scheduler ${hostname()}-${process.pid}`;
    const ticker = TickerModule.with({ by, names: namesFor(prefix), recurring });
    return {
      module: SchedulerModule,
      imports: [
        // It adds no jobs: what it asks of the ledger is no queue of its own.
        JobsModule.forRoot({ urls, prefix, schedules, recurring, log, appId: 'scheduler', declare: false }),
        ticker,
        MetricsModule.for({
          imports: [ticker],
          inject: [EventBus, TickerService],
          measure: tickerMetrics,
          guard: config,
        }),
        HealthModule.for({
          imports: [ticker],
          inject: [JobsHealthIndicator, TickerService],
          checks: (broker, ticking) => [() => broker.broker(), () => ticking.health()],
        }),
      ],
      controllers: [InfoController],
    };
  }
}
