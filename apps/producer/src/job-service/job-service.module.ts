import { DynamicModule, Inject, Module, OnModuleDestroy } from '@nestjs/common';
import type { AppConfig } from '@scutwork/app';
import { type Broker, EventBus } from '@scutwork/jobs';
import { JOBS_BROKER } from '@scutwork/jobs/nest';
import type { LedgerApi } from '@scutwork/ledger';
import { LEDGER } from '../ledger/tokens';
import { JOB_SERVICE, type JobService } from './job-service';
import { LedgerJobService } from './ledger-job-service';

/** Jobs from within the producer's process: inject `JOB_SERVICE`. */
@Module({})
export class JobServiceModule implements OnModuleDestroy {
  constructor(@Inject(JOB_SERVICE) private readonly service: JobService) {}

  static with({ prefix }: Pick<AppConfig, 'prefix'>): DynamicModule {
    const service = {
      provide: JOB_SERVICE,
      inject: [LEDGER, JOBS_BROKER, EventBus],
      useFactory: (ledger: LedgerApi, broker: Broker, events: EventBus) =>
        new LedgerJobService({ ledger, broker, prefix, events }),
    };
    return { module: JobServiceModule, global: true, providers: [service], exports: [service] };
  }

  async onModuleDestroy(): Promise<void> {
    await this.service.stop();
  }
}
