import { DynamicModule, Module } from '@nestjs/common';
import { type AppConfig, HealthModule } from '@scutwork/app';
import type { Schedule } from '@scutwork/jobs';
import { JobsHealthIndicator, JobsModule } from '@scutwork/jobs/nest';
import type { Logger } from 'pino';
import { InfoController } from './info.controller';
import { TickerModule } from './ticker.module';
import { TickerService } from './ticker.service';

@Module({})
export class SchedulerModule {
  static with(config: AppConfig, log: Logger, declared: Schedule[]): DynamicModule {
    const { amqpUrls: urls, prefix, recurring } = config;
    const schedules = recurring ? declared : [];
    const jobs = [...new Set(schedules.map(({ job }) => job))];
    const ticker = TickerModule.with(schedules);
    return {
      module: SchedulerModule,
      imports: [
        JobsModule.forRoot({ urls, prefix, jobs, log, appId: 'scheduler' }),
        ticker,
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
