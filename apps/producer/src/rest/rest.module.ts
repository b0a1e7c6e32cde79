import { DynamicModule, Module } from '@nestjs/common';
import { DiscoveryModule, MetadataScanner } from '@nestjs/core';
import { RouteTable } from '../routes/route-table';
import { ApiKeysController } from './api-keys.controller';
import { AuditController } from './audit.controller';
import { BulkController } from './bulk.controller';
import { DeadLettersController } from './dead-letters.controller';
import { EventsController } from './events.controller';
import { HistoryController } from './history.controller';
import { JobActionsController } from './job-actions.controller';
import { JobsController } from './jobs.controller';
import { MetricsController } from './metrics.controller';
import { OpenApiController } from './openapi.controller';
import { QueuesController } from './queues.controller';
import { CronController } from './cron.controller';
import { SchedulesController } from './schedules.controller';
import { WorkersController } from './workers.controller';

/** Everything under `/api/v1`. */
@Module({
  imports: [DiscoveryModule],
  controllers: [
    JobsController,
    JobActionsController,
    BulkController,
    QueuesController,
    DeadLettersController,
    SchedulesController,
    CronController,
    WorkersController,
    HistoryController,
    MetricsController,
    EventsController,
    ApiKeysController,
    AuditController,
    OpenApiController,
  ],
  providers: [RouteTable, MetadataScanner],
})
export class RestModule {
  /** On top of what knows who may do what, and what happens. */
  static over(...imports: DynamicModule[]): DynamicModule {
    return { module: RestModule, imports };
  }
}
